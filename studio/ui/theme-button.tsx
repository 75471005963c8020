/** Changes between the light and the dark page. Until it is pressed, the page follows the system. */
import { signal } from "@preact/signals";

const system = matchMedia("(prefers-color-scheme: dark)");
/** Whether the page is dark, for pictures that are drawn by hand. */
export const dark = signal(system.matches);
system.addEventListener("change", () => {
  if (document.documentElement.dataset.theme === undefined) dark.value = system.matches;
});

export function ThemeButton() {
  const change = () => {
    dark.value = !dark.value;
    document.documentElement.dataset.theme = dark.value ? "dark" : "light";
  };
  return (
    <button type="button" class="plain" onClick={change}>
      {dark.value ? "Light page" : "Dark page"}
    </button>
  );
}
