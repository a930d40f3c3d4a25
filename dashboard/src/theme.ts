import { effect, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

const place = "skein-theme";
const stored = localStorage.getItem(place);

export const theme = signal<Theme>(stored === "light" || stored === "dark" ? stored : "system");

export function applyTheme(): void {
  effect(() => {
    localStorage.setItem(place, theme.value);
    if (theme.value === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme.value;
  });
}
