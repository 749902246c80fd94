// Accounts as the server's interface has them: who asks, sessions, tokens, invitations, users.

import { ask, askJson } from "./api";

export type Role = "researcher" | "administrator";

export interface SignedInUser {
    name: string;
    full_name: string;
    role: Role;
    by: "session" | "token" | "proxy";
}

export interface Session {
    accounts: boolean; // false: everybody who reaches the server is `owner`
    empty: boolean; // nobody has an account yet
    owner: string | null;
    user: SignedInUser | null;
}

export interface OpenSession {
    id: string;
    current: boolean;
    made_ms: number;
    used_ms: number;
    address: string;
    agent: string;
}

export interface Token {
    id: string;
    label: string;
    scopes: string[];
    made_ms: number;
    expires_ms: number;
    used_ms: number; // 0: not yet
    token?: string; // in the answer that made it
}

export interface Invitation {
    id: string;
    kind: "set_up" | "join" | "password";
    role: Role;
    user: string;
    note: string;
    made_by: string;
    made_ms: number;
    expires_ms: number;
    path?: string; // in the answer that made it
}

export interface User {
    name: string;
    full_name: string;
    role: Role;
    disabled: boolean;
    has_password: boolean;
    made_ms: number;
}

function json(method: string, fields: object): RequestInit {
    return { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(fields) };
}

export const getSession = (): Promise<Session> => askJson("/session");
export const signIn = (name: string, password: string): Promise<Session> => askJson("/session", json("POST", { name, password }));
export const signOut = (): Promise<Response> => ask("/session", { method: "DELETE" });
export const changePassword = (current: string, password: string): Promise<Session> => askJson("/password", json("POST", { current, password }));

export async function listSessions(): Promise<OpenSession[]> {
    return (await askJson<{ sessions: OpenSession[] }>("/sessions")).sessions;
}
export const endSession = (id: string): Promise<Response> => ask(`/sessions/${encodeURIComponent(id)}`, { method: "DELETE" });

export async function listTokens(): Promise<Token[]> {
    return (await askJson<{ tokens: Token[] }>("/tokens")).tokens;
}
export const makeToken = (label: string, scopes: string[], days: number): Promise<Token> => askJson("/tokens", json("POST", { label, scopes, days }));
export const revokeToken = (id: string): Promise<Response> => ask(`/tokens/${encodeURIComponent(id)}`, { method: "DELETE" });

export const lookAtInvitation = (invitation: string): Promise<Pick<Invitation, "kind" | "role" | "user">> =>
    askJson("/invitations/look", json("POST", { invitation }));
export interface Wanted {
    name?: string;
    full_name?: string;
    password: string;
}
export const acceptInvitation = (invitation: string, wanted: Wanted): Promise<Session> =>
    askJson("/invitations/accept", json("POST", { invitation, ...wanted }));

export async function listInvitations(): Promise<Invitation[]> {
    return (await askJson<{ invitations: Invitation[] }>("/invitations")).invitations;
}
export const invite = (role: Role, note: string): Promise<Invitation> => askJson("/invitations", json("POST", { role, note }));
export const withdraw = (id: string): Promise<Response> => ask(`/invitations/${encodeURIComponent(id)}`, { method: "DELETE" });

export async function listUsers(): Promise<User[]> {
    return (await askJson<{ users: User[] }>("/users")).users;
}
export const changeUser = (name: string, change: { role?: Role; disabled?: boolean }): Promise<User> =>
    askJson(`/users/${encodeURIComponent(name)}`, json("PATCH", change));
export const offerPassword = (name: string): Promise<Invitation> => askJson(`/users/${encodeURIComponent(name)}/password-link`, { method: "POST" });
