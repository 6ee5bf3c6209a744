import type { ComponentType } from "preact";
import { AccountPage } from "../pages/account/account.tsx";
import { AddPage } from "../pages/add/add.tsx";
import { InvitesPage } from "../pages/admin/invites.tsx";
import { UsersPage } from "../pages/admin/users.tsx";
import { AuditPage } from "../pages/audit/audit.tsx";
import { InvitePage } from "../pages/door/invite.tsx";
import { SignInPage } from "../pages/door/sign-in.tsx";
import { SignUpPage } from "../pages/door/sign-up.tsx";
import { MachinePage } from "../pages/machines/machine.tsx";
import { MachinesPage } from "../pages/machines/machines.tsx";
import { match } from "../ui/router.ts";
import { lazy } from "./lazy.tsx";

/** Route is a page and where it is. */
export interface Route {
  readonly path: string;
  readonly page: ComponentType<{ params: Record<string, string> }>;
  readonly who: "strangers" | "users" | "admins";
  readonly bare?: true; // it fills the window by itself
}

const terminal = lazy(async () => (await import("../terminal/page.tsx")).TerminalPage);

const routes: readonly Route[] = [
  { path: "/", page: MachinesPage, who: "users" },
  { path: "/machines/:agent", page: MachinePage, who: "users" },
  { path: "/terminal", page: terminal, who: "users", bare: true },
  { path: "/terminal/:agent", page: terminal, who: "users", bare: true },
  { path: "/add", page: AddPage, who: "users" },
  { path: "/audit", page: AuditPage, who: "users" },
  { path: "/account", page: AccountPage, who: "users" },
  { path: "/admin/users", page: UsersPage, who: "admins" },
  { path: "/admin/invites", page: InvitesPage, who: "admins" },
  { path: "/login", page: SignInPage, who: "strangers" },
  { path: "/signup", page: SignUpPage, who: "strangers" },
  { path: "/invite", page: InvitePage, who: "strangers" },
];

/** find gives the page of an address, and what its names stand for. */
export function find(path: string): { route: Route; params: Record<string, string> } | undefined {
  for (const route of routes) {
    const params = match(route.path, path);
    if (params) return { route, params };
  }
  return undefined;
}
