// Lets Node import what esbuild bundles as text.
import { registerHooks } from "node:module";

registerHooks({
  load(url, context, nextLoad) {
    if (!url.endsWith(".css")) return nextLoad(url, context);
    return { format: "module", source: "export default ''", shortCircuit: true };
  },
});
