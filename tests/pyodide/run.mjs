// Runs Python in Pyodide: reads a line of JSON with code, and answers with a line of JSON.
import { createInterface } from "node:readline";
import { loadPyodide } from "pyodide";

const printed = [];
const print = (line) => printed.push(line);
const python = await loadPyodide({ stdout: print, stderr: print });

// Folders of this machine, in the order of the module search path.
const folders = process.argv.slice(2);
folders.forEach((folder, number) => {
  python.FS.mkdirTree(`/mounted/${number}`);
  python.mountNodeFS(`/mounted/${number}`, folder);
});
python.globals.set("folders", folders.map((_, number) => `/mounted/${number}`));
python.runPython("import sys; sys.path.extend(folders)");

for await (const line of createInterface({ input: process.stdin })) {
  printed.length = 0;
  const answer = { error: null };
  try {
    const value = await python.runPythonAsync(JSON.parse(line));
    answer.value = value?.toJs?.({ dict_converter: Object.fromEntries }) ?? value;
  } catch (error) {
    answer.error = String(error.message ?? error);
  }
  answer.printed = printed.join("\n");
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
