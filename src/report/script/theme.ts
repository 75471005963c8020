/** The button that changes between the light and the dark page. Until it is pressed, the page follows the system. */
export function theme(): void {
  const root = document.documentElement;
  const button = document.getElementById("theme");
  if (button === null) return;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
  const show = () => {
    button.textContent = isDark() ? "Light page" : "Dark page";
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    show();
  });
  system.addEventListener("change", show);
  show();
}
