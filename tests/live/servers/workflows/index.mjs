// Every workflow of the test servers, by registry key.
import { agentWorkflows } from "./agents.mjs";
import { askingWorkflows } from "./asking.mjs";
import { branchingWorkflows } from "./branching.mjs";
import { causeWorkflows } from "./causes.mjs";
import { componentWorkflows } from "./components.mjs";
import { conformanceWorkflows } from "./conformance.mjs";
import { dyingWorkflows } from "./dying.mjs";
import { exampleWorkflows } from "./examples.mjs";
import { failingWorkflows } from "./failing.mjs";
import { freshWorkflows } from "./fresh.mjs";
import { gatedWorkflows } from "./gated.mjs";
import { itemsWorkflows } from "./items.mjs";
import { joiningWorkflows } from "./joining.mjs";
import { matrixWorkflows } from "./matrix.mjs";
import { namesWorkflows } from "./names.mjs";
import { oddWorkflows } from "./odd.mjs";
import { olderWorkflows } from "./older.mjs";
import { olderNestedWorkflows } from "./older_nested.mjs";
import { payloadsWorkflows } from "./payloads.mjs";
import { plainWorkflows } from "./plain.mjs";
import { protoWorkflows } from "./proto.mjs";
import { recipeWorkflows } from "./recipes.mjs";
import { templateWorkflows } from "./templates.mjs";

export const workflows = {
  ...plainWorkflows,
  ...branchingWorkflows,
  ...askingWorkflows,
  ...gatedWorkflows,
  ...failingWorkflows,
  ...conformanceWorkflows,
  ...componentWorkflows,
  ...matrixWorkflows,
  ...namesWorkflows,
  ...itemsWorkflows,
  ...joiningWorkflows,
  ...payloadsWorkflows,
  ...oddWorkflows,
  ...olderWorkflows,
  ...olderNestedWorkflows,
  ...exampleWorkflows,
  ...causeWorkflows,
  ...templateWorkflows,
  ...protoWorkflows,
  ...dyingWorkflows,
  ...agentWorkflows,
  ...freshWorkflows,
  ...recipeWorkflows,
};
