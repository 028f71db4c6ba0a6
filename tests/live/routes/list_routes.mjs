// Lists the routes of workflows that an installed @mastra/server has, with the names that their queries and bodies take.
const { SERVER_ROUTES } = await import(process.argv[2]);
const { z } = await import(process.argv[3]);

const OURS = /^\/(workflows|schedules|stored\/workflows)(\/|$)/;

function names(schema) {
  if (!schema) return [];
  const described = z.toJSONSchema(schema, { unrepresentable: "any", io: "input" });
  const found = new Set();
  const look = (part) => {
    for (const name of Object.keys(part.properties ?? {})) found.add(name);
    for (const choice of [...(part.anyOf ?? []), ...(part.allOf ?? []), ...(part.oneOf ?? [])]) look(choice);
  };
  look(described);
  return [...found];
}

const routes = SERVER_ROUTES.filter(({ path }) => OURS.test(path)).map((route) => ({
  route: `${route.method} ${route.path}`,
  options: [...names(route.queryParamSchema), ...names(route.bodySchema)],
}));
console.log(JSON.stringify(routes));
