// Bundles the modules that the kernel sends to the page; see src/protocol.ts.
import { build, context } from "esbuild";

const watch = process.argv.includes("--watch");
const options = {
  entryPoints: ["src/runtime.ts", "src/panel.ts", "src/mathml.ts"],
  outdir: "../static",
  bundle: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  loader: { ".css": "text" },
  minify: !watch,
  sourcemap: watch ? "inline" : false,
  logLevel: "warning",
};

if (watch) {
  await (await context(options)).watch();
} else {
  await build(options);
}
