/** What is folded opens all at once, on paper, and where a link leads into it. */
import { all } from "./dom.ts";

export function folds(): void {
  const details = all<HTMLDetailsElement>("details");
  const button = document.getElementById("unfold");
  if (button === null || details.length === 0) return;
  // Tables of the numbers behind a picture are for those who ask for one of them.
  const chapters = details.filter((one) => !one.classList.contains("values"));
  const isOpen = () => chapters.every(({ open }) => open);
  const show = () => {
    button.textContent = isOpen() ? "Fold all" : "Open all";
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    const open = !isOpen();
    for (const one of chapters) one.open = open;
  });
  for (const one of chapters) one.addEventListener("toggle", show);

  let folded: HTMLDetailsElement[] = [];
  addEventListener("beforeprint", () => {
    folded = details.filter(({ open }) => !open);
    for (const one of folded) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of folded) one.open = false;
    folded = [];
  });

  const reveal = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target === null) return;
    for (let at: Element | null = target; at !== null; at = at.parentElement) {
      if (at instanceof HTMLDetailsElement) at.open = true;
    }
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();
}
