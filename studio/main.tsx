import { render } from "preact";
import { App } from "./app.tsx";
import "./ui/style.css";

render(<App />, document.getElementById("app")!);
