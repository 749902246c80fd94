// Parts of the pages of accounts: fields, a button that asks back, a secret to be copied, a problem in words.

import type { JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { ApiError } from "../data/api";
import { useSpeech } from "../text";
import { useAccountWords } from "../text/account";
import { Icon } from "./icon";
import { Notice, sentenceFor } from "./notice";

const kAskBackMs = 4000;

export function AccountProblem({ error }: { error: ApiError }): JSX.Element {
    const speech = useSpeech();
    const words = useAccountWords();
    return <Notice kind="bad"><p>{words.problems[error.code] ?? sentenceFor(error, speech)}</p></Notice>;
}

interface FieldProps {
    label: string;
    value: string;
    onValue: (value: string) => void;
    hint?: string;
    type?: "text" | "password";
    autoComplete?: string;
    maxLength?: number;
    required?: boolean;
    autoFocus?: boolean;
}

export function Field({ label, value, onValue, hint, type = "text", ...rest }: FieldProps): JSX.Element {
    const id = useId();
    const all = {
        id, value, onInput: (event: { currentTarget: HTMLInputElement }) => onValue(event.currentTarget.value),
        autocapitalize: "none" as const, spellcheck: false, ...(hint ? { "aria-describedby": `${id}-hint` } : {}), ...rest,
    };
    return (
        <div class="field">
            <label for={id}>{label}</label>
            {type === "password" ? <input type="password" {...all} /> : <input type="text" {...all} />}
            {hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
        </div>
    );
}

/// A new password, which can be made visible: so it is typed once.
export function NewPassword({ value, onValue }: { value: string; onValue: (value: string) => void }): JSX.Element {
    const words = useAccountWords();
    const [shown, setShown] = useState(false);
    return (
        <>
            <Field label={words.newPassword} value={value} onValue={onValue} hint={words.passwordHint} required
                type={shown ? "text" : "password"} autoComplete="new-password" />
            <label class="tick"><input type="checkbox" checked={shown} onChange={(event) => setShown(event.currentTarget.checked)} />{words.showPassword}</label>
        </>
    );
}

/// Does it at the second press: the first one asks whether it is meant.
export function AskingButton({ label, title, onSure }: { label: string; title: string; onSure: () => void }): JSX.Element {
    const words = useAccountWords();
    const [asked, setAsked] = useState(false);
    useEffect(() => {
        if (!asked) return undefined;
        const timer = window.setTimeout(() => setAsked(false), kAskBackMs);
        return () => window.clearTimeout(timer);
    }, [asked]);
    const press = (): void => {
        setAsked(!asked);
        if (asked) onSure();
    };
    return (
        <button type="button" class={`button button-small${asked ? " button-bad" : ""}`} onClick={press} aria-label={asked ? `${title}: ${words.sure}` : title}>
            {asked ? words.sure : label}
        </button>
    );
}

/// A secret that is shown once.
export function Secret({ label, text, note }: { label: string; text: string; note: string }): JSX.Element {
    const words = useAccountWords();
    const id = useId();
    const [copied, setCopied] = useState(false);
    const box = useRef<HTMLDivElement>(null);
    useEffect(() => { // it is shown once, perhaps above what is in view
        setCopied(false);
        box.current?.scrollIntoView({ block: "center" });
    }, [text]);
    const copy = (): void => {
        const field = document.getElementById(id);
        if (!(field instanceof HTMLInputElement)) return;
        field.select();
        // Without HTTPS there is no clipboard interface but this one.
        setCopied(document.execCommand("copy"));
    };
    return (
        <div class="secret" role="status" ref={box}>
            <p>{note}</p>
            <div class="secret-row">
                <input id={id} readOnly value={text} aria-label={label} onFocus={(event) => event.currentTarget.select()} />
                <button type="button" class="button" onClick={copy}><Icon name={copied ? "check" : "file"} />{copied ? words.copied : words.copy}</button>
            </div>
        </div>
    );
}
