// For administrators: who has an account, and links for those who are to have one.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { AccountProblem, AskingButton, Field, Secret } from "../components/account_parts";
import { Empty, Loading } from "../components/notice";
import { StorageOfAll } from "../components/keeping/storage";
import {
    changeUser, invite, listInvitations, listUsers, offerPassword, withdraw,
    type Invitation, type Role, type SignedInUser, type User,
} from "../data/account";
import { Link } from "../lib/router";
import { useSpeech } from "../text";
import { useAccountWords } from "../text/account";
import { dateText, useAccountList } from "./account";

export function UsersPage({ user }: { user: SignedInUser }): JSX.Element {
    const words = useAccountWords();
    const { t } = useSpeech();
    if (user.role !== "administrator") {
        return <Empty title={words.administratorsOnly} text="" wholePage><Link to="/account" class="button">{t.account}</Link></Empty>;
    }
    return <ForAdministrators user={user} />;
}

function ForAdministrators({ user }: { user: SignedInUser }): JSX.Element {
    const words = useAccountWords();
    const { t } = useSpeech();
    const users = useAccountList(listUsers);
    const open = useAccountList(listInvitations);
    const [made, setMade] = useState<Invitation | null>(null);
    const show = (link: Promise<Invitation>): void => open.after(link.then(setMade));
    return (
        <>
            <div class="section-head"><h1>{t.users}</h1></div>
            {made?.path && <Secret label={words.theLink} text={location.origin + made.path} note={words.linkShown} />}
            <div class="account-grid">
                <section class="card pad" aria-label={t.users}>
                    {users.error && <AccountProblem error={users.error} />}
                    {!users.list && !users.error && <Loading />}
                    <ul class="rows">
                        {users.list?.map((each) => (
                            <UserRow key={each.name} user={each} self={each.name === user.name} change={(change) => users.after(changeUser(each.name, change))}
                                offer={() => show(offerPassword(each.name))} />
                        ))}
                    </ul>
                </section>
                <div class="account-side">
                    <Invite send={(role, note) => show(invite(role, note))} />
                    {open.error && <AccountProblem error={open.error} />}
                    <StorageOfAll />
                    {open.list && open.list.length > 0 && <Open list={open.list} end={(id) => open.after(withdraw(id))} />}
                </div>
            </div>
        </>
    );
}

interface RowProps {
    user: User;
    self: boolean;
    change: (change: { role?: Role; disabled?: boolean }) => void;
    offer: () => void;
}

function UserRow({ user, self, change, offer }: RowProps): JSX.Element {
    const words = useAccountWords();
    const { locale } = useSpeech();
    return (
        <li data-user={user.name}>
            <div>
                <strong>{user.full_name || user.name}</strong>
                {self && <span class="tag">{words.you}</span>}
                {user.disabled && <span class="tag tag-off">{words.closed}</span>}
                <p class="hint">{user.full_name && `${user.name} · `}{words.since(dateText(user.made_ms, locale))}</p>
            </div>
            <div class="row-actions">
                <select value={user.role} aria-label={words.roleOf(user.name)} onChange={(event) => change({ role: event.currentTarget.value as Role })}>
                    <option value="researcher">{words.researcher}</option>
                    <option value="administrator">{words.administrator}</option>
                </select>
                <button type="button" class="button button-small" aria-label={words.newPasswordLinkOf(user.name)} onClick={offer}>{words.newPasswordLink}</button>
                {user.disabled
                    ? <button type="button" class="button button-small" aria-label={words.openOf(user.name)} onClick={() => change({ disabled: false })}>{words.openAccount}</button>
                    : <AskingButton label={words.closeAccount} title={words.closeOf(user.name)} onSure={() => change({ disabled: true })} />}
            </div>
        </li>
    );
}

function Invite({ send }: { send: (role: Role, note: string) => void }): JSX.Element {
    const words = useAccountWords();
    const [role, setRole] = useState<Role>("researcher");
    const [note, setNote] = useState("");
    const submit = (event: Event): void => {
        event.preventDefault();
        send(role, note);
        setNote("");
    };
    return (
        <section class="card pad" aria-labelledby="invite">
            <h2 id="invite">{words.invite}</h2>
            <p class="hint">{words.inviteText}</p>
            <form onSubmit={submit}>
                <Field label={words.inviteNote} value={note} onValue={setNote} maxLength={100} />
                <label class="field">{words.role}
                    <select value={role} onChange={(event) => setRole(event.currentTarget.value as Role)}>
                        <option value="researcher">{words.researcher}</option>
                        <option value="administrator">{words.administrator}</option>
                    </select>
                </label>
                <button class="button button-main">{words.inviteMake}</button>
            </form>
        </section>
    );
}

function Open({ list, end }: { list: Invitation[]; end: (id: string) => void }): JSX.Element {
    const words = useAccountWords();
    const { locale } = useSpeech();
    const nameOf = (one: Invitation): string => (one.kind === "password" ? words.passwordFor(one.user) : words.invitationFor(one.note));
    return (
        <section class="card pad" aria-labelledby="open-links">
            <h2 id="open-links">{words.invitations}</h2>
            <ul class="rows">
                {list.map((one) => (
                    <li key={one.id}>
                        <div>
                            <strong>{nameOf(one)}</strong>
                            <p class="hint">
                                {one.role === "administrator" ? words.administrator : words.researcher} · {words.until(dateText(one.expires_ms, locale))}
                                {one.made_by && ` · ${words.invitedBy(one.made_by)}`}
                            </p>
                        </div>
                        <AskingButton label={words.withdraw} title={words.withdrawOf(nameOf(one))} onSure={() => end(one.id)} />
                    </li>
                ))}
            </ul>
        </section>
    );
}
