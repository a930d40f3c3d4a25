import { render } from "preact";
import "uplot/dist/uPlot.min.css";
import "./style.css";
import { App } from "./app.tsx";
import { watch } from "./state.ts";
import { applyTheme } from "./theme.ts";

applyTheme();
watch();
const place = document.getElementById("app");
if (place !== null) render(<App />, place);
