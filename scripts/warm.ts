// Run by the bootstrap after an installation: compiles what `npm start` runs, so that the first start is as quick as
// every other one.
await Promise.all([
  import("../src/cli/command.ts"),
  import("../src/cli/verbs/demo.ts"),
  import("../src/cli/verbs/up.ts"),
  import("../src/config/evaluate.ts"),
  import("../src/controller/controller.ts"),
  import("../src/proxy/proxy-process.ts"),
  import("../src/store/sqlite.ts"),
  import("../src/supervisor/start.ts"),
  import("../src/worker/index.ts"),
]);
process.exit(0);
