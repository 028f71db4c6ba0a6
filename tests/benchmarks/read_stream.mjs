// Reads a stream twice with the official SDK, as users do; prints how many events it had and the second time's seconds.
// Usage: node read_stream.mjs SDK_MODULE BASE_URL WORKFLOW
const [sdk, baseUrl, name] = process.argv.slice(2);
const { MastraClient } = await import(sdk);
const client = new MastraClient({ baseUrl, retries: 0 });

async function read() {
  const run = await client.getWorkflow(name).createRun();
  const began = performance.now();
  let count = 0;
  for await (const _ of await run.stream({ inputData: {} })) count += 1;
  return [count, (performance.now() - began) / 1000];
}

await read();
console.log(JSON.stringify(await read()));
