import assert from "node:assert/strict";
import { test } from "node:test";
import { commandWords, environmentIn, serviceSection } from "./unit-file.ts";

const unit = `[Unit]
Description=a
ExecStart=/not/this

[Service]
#ExecStart=/nor/this
Environment=A=1
Environment=B=two words
ExecStart=/bin/it --a $A $MORE $NONE

[Install]
WantedBy=multi-user.target
`;

test("the lines of the service, and no others", () => {
  const section = serviceSection(unit);
  assert.deepEqual(section.get("ExecStart"), ["/bin/it --a $A $MORE $NONE"]);
  assert.deepEqual(section.get("Environment"), ["A=1", "B=two words"]);
  assert.equal(section.get("WantedBy"), undefined);
});

test("files of variables, and the words that they become", () => {
  const environment = environmentIn('# A=0\nA=1\nMORE="-x -y"\nURLS=h1=https://10.0.0.1:2380,h2=x\n');
  assert.deepEqual(environment, { A: "1", MORE: "-x -y", URLS: "h1=https://10.0.0.1:2380,h2=x" });
  assert.deepEqual(commandWords("/bin/it --a $A $MORE $NONE", environment), [
    "/bin/it",
    "--a",
    "1",
    "-x",
    "-y",
  ]);
});
