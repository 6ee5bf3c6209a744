import "./ui/tokens.css";
import "./ui/base.css";
import "./ui/controls.css";
import "./ui/panels.css";
import "./ui/table.css";
import "./ui/dialog.css";
import "./app/app.css";
import { render } from "preact";
import { recall } from "./api/account.ts";
import { App } from "./app/app.tsx";
import { listen } from "./ui/router.ts";

void recall();
// A browser that kept the whole page, for the way back, shows it as it was: who is signed in may be another since.
addEventListener("pageshow", (e) => e.persisted && location.reload());
listen();
const root = document.getElementById("app");
if (root) render(<App />, root);
