// A server's life as a child of a test run: it says its port on stdout, and ends when its stdin closes.

/** Say on which port the server listens, and end with whoever started it. */
export function liveWithParent(port) {
  // Older servers let a refused no-wait call become an unhandled rejection, which would end the process.
  for (const event of ["unhandledRejection", "uncaughtException"]) {
    process.on(event, (error) => console.error(`${event}:`, error));
  }
  process.stdout.write(`${JSON.stringify({ port })}\n`);
  // Only that line of stdout is read; a pipe that fills up would stop the process.
  console.log = console.error;
  process.on("SIGTERM", () => process.exit(0));
  // A killed test run cannot tidy up, but its end of the pipe closes.
  process.stdin.on("end", () => process.exit(0)).on("error", () => process.exit(0)).resume();
}
