import "./ui/tokens.css";
import "./ui/base.css";
import "./ui/parts.css";
import "./app/app.css";
import { render } from "preact";
import { recall } from "./api/account.ts";
import { App } from "./app/app.tsx";
import { listen } from "./ui/router.ts";

void recall();
listen();
const root = document.getElementById("app");
if (root) render(<App />, root);
