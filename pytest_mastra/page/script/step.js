// The panel of one step, or of the run where none is chosen.
const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`);

const command = (title, line) => el("section.value.command", el("h4", title, copyButton("copy", line, title)), el("pre", line));
const againOf = (test) => `pytest ${quoted(test.name)}`;
const travelOf = (run, at) => `mastra-sync time-travel ${[run.workflow, run.id, at.path, "--url", run.test.url].map(quoted).join(" ")}`;

function drawStep(run, at) {
  const { test } = run;
  if (!at) {
    return el("div", el("h3", run.workflow, " ", badge(run.status)), titled("Error", run.error, "error"), drawDifferences(run), titled("Input", run.input), titled("Result", run.result),
      titled("What the server told", run.account), command("Run it again", againOf(test)));
  }
  return el("div", el("h3", at.name, " ", badge(at.status)),
    el("p.name", at.path !== at.name && copyButton(at.path, at.path, "the path"), at.count && el("span", at.count), el("span", duration(at.seconds))),
    titled("Error", at.error, "error"), drawDifferences(run, at), titled("Asks", at.asks), titled("Input", at.input), titled("Answer", at.answer), titled("Output", at.output),
    command("Run the test again", againOf(test)), test.target === "live" && command("Run it from this step", travelOf(run, at)));
}
