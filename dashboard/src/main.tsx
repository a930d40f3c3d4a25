import { render } from "preact";
import "uplot/dist/uPlot.min.css";
import "./style/colours.css";
import "./style/base.css";
import "./style/rows.css";
import "./style/overview.css";
import "./style/requests.css";
import "./style/dialog.css";
import "./style/narrow.css";
import { App } from "./app.tsx";
import { watch } from "./state.ts";
import { applyTheme } from "./theme.ts";

applyTheme();
watch();
const place = document.getElementById("app");
if (place !== null) render(<App />, place);
