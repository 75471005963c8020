/** The frame: what the studio is called, its rooms, and the one that is open. */
import { useEffect } from "preact/hooks";
import { rooms } from "./rooms.ts";
import { engineInWords, onMachine } from "./state/engine.ts";
import { goTo, linkTo, room } from "./state/route.ts";
import { busy, rejoin, storageProblem, view } from "./state/runs.ts";
import { restore, restoreProblem } from "./state/texts.ts";
import { Problem } from "./ui/parts.tsx";
import { ThemeButton } from "./ui/theme-button.tsx";

export function App() {
  useEffect(() => {
    restore();
    addEventListener("focus", rejoin);
    return () => removeEventListener("focus", rejoin);
  }, []);
  useEffect(() => {
    rejoin();
  }, [onMachine.value]);
  const open = rooms.find(({ id }) => id === room.value) ?? rooms[0]!;
  return (
    <>
      <a class="skip" href="#main">
        To the content
      </a>
      <header class="top">
        <div class="masthead">
          <span class="mark">
            Punchline <span class="quiet">studio</span>
          </span>
          <ThemeButton />
        </div>
        <nav aria-label="Rooms">
          <ul>
            {rooms.map(({ id, name }) => (
              <li key={id}>
                <a
                  href={linkTo(id)}
                  aria-current={id === open.id ? "page" : undefined}
                  onClick={(event) => {
                    event.preventDefault();
                    goTo(id);
                  }}
                >
                  {name}
                  {id === "train" && busy.value && <i class="live" role="img" aria-label="training" />}
                </a>
              </li>
            ))}
          </ul>
        </nav>
      </header>
      <main id="main" tabIndex={-1}>
        <Problem sentence={storageProblem.value} />
        <Problem sentence={restoreProblem.value} />
        <p class="kicker">
          {open.chapter === open.name ? "From the lesson" : `From the lesson: ${open.chapter}`}
        </p>
        <open.View />
      </main>
      <footer>
        <p>
          {engineInWords()}. {view.value && busy.value ? `Training ${view.value.run}.` : ""}
        </p>
      </footer>
    </>
  );
}
