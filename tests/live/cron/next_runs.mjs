// Says when cron expressions are due, as croner has it: cases as JSON on stdin, answers as JSON on stdout.
import { text } from "node:stream/consumers";

const { Cron } = await import(process.argv[2]);

function nextRuns([expression, timezone, after, count]) {
  const moments = [];
  try {
    const cron = new Cron(expression, { timezone: timezone ?? undefined });
    for (let moment = after; moments.length < count; moments.push(moment)) {
      const next = cron.nextRun(new Date(moment));
      if (next === null) return [...moments, null];
      moment = next.getTime();
    }
    return moments;
  } catch (error) {
    return error.message;
  }
}

console.log(JSON.stringify(JSON.parse(await text(process.stdin)).map(nextRuns)));
