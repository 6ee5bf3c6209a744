// What the server says, as docs/openapi.yaml has it: types.test.ts compares the two. Only what pages use is here.

export interface Account {
  id: string;
  username: string;
  email: string;
  admin: boolean;
  created_at?: string;
}

export interface ServerInfo {
  signup: "open" | "invite" | "closed";
}

export interface Machine {
  agent_id: string;
  name: string;
  description: string;
  os: string;
  arch: string;
  ip_address: string;
  status: "online" | "offline" | "pending";
  cpu_percent: number;
  memory_percent: number;
  disk_percent: number;
  uptime: number;
  last_active: string | null;
  agent_version: string;
  owner: string;
  labels: Record<string, string>;
  sessions: number;
}

export interface ChangeMachine {
  name?: string;
  description?: string;
  labels?: Record<string, string>;
}

export interface Session {
  session_id: string;
  name: string;
  kind: "shell" | "exec";
  agent_id: string;
  machine_name: string;
  username: string;
  status: "active" | "detached" | "closed";
  started_at: string;
  command: string;
  viewers: Viewer[];
  idle_seconds: number | null;
  foreground?: string;
  title?: string;
}

export interface Viewer {
  username: string;
  source: string;
  ip_address: string;
  read_only: boolean;
  since: string;
}

export interface Log {
  id?: string;
  command?: string;
  username?: string;
  timestamp?: string;
  success?: boolean | null;
  session_id?: string;
}

export interface AuditRecord {
  seq: number;
  time: string;
  event: string;
  result: "ok" | "denied" | "failed";
  user_id?: string;
  username?: string;
  ip_address?: string;
  agent_id?: string;
  machine_name?: string;
  session_id?: string;
  request_id?: string;
  detail?: Record<string, string>;
}

export interface AuditRecords {
  records: AuditRecord[];
  through: number;
}

export interface AdminUser {
  id: string;
  username: string;
  email: string;
  admin: boolean;
  disabled: boolean;
  created_at: string;
  last_login: string | null;
  machines: number;
  sessions: number;
}

export interface PasswordReset {
  message: string;
  password?: string;
  expires_at?: string;
}

export interface Invite {
  id: string;
  code?: string;
  email: string;
  created_by: string;
  created_at: string;
  expires_at: string | null;
  used_at: string | null;
  used_by: string;
}

export interface LoginInfo {
  id: string;
  current: boolean;
  created_at: string;
  last_seen: string;
  expires_at: string;
  ip_address: string;
  client: string;
}
