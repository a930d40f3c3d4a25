import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

// The target folder is given by scripts/dashboard.ts: a cache of the checkout, or the package's dist.
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: { target: "es2023", emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
});
