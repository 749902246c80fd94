// The wish to be told of the end of a job, and what keeps it while any page is open.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Job } from "../data/api";
import { canTell, lookAndTell, want, wanted } from "../data/told";
import { useSpeech } from "../text";
import { Icon } from "./icon";

const kEveryMs = 10_000;

/// Once a window: looks now and then at the jobs of which somebody wants to be told.
export function Teller(): null {
    const { t } = useSpeech();
    useEffect(() => {
        const say = (job: Job): { title: string; body: string } => ({ title: `${job.name || job.id}: ${t.states[job.state]}`, body: t.stateText[job.state] });
        const look = (): void => {
            if (canTell() && Notification.permission === "granted") void lookAndTell(say);
        };
        const timer = window.setInterval(look, kEveryMs);
        look();
        return () => window.clearInterval(timer);
    }, [t]);
    return null;
}

/// Asks the browser for its leave at the press, never before.
export function TellMe({ id }: { id: string }): JSX.Element | null {
    const { t } = useSpeech();
    const [on, setOn] = useState(() => wanted().includes(id));
    const [denied, setDenied] = useState(false);
    if (!canTell() && !denied) return null;
    const press = async (): Promise<void> => {
        const granted = on || await Notification.requestPermission() === "granted";
        setDenied(!granted);
        if (!granted) return;
        want(id, !on);
        setOn(!on);
    };
    if (denied) return <p class="hint" role="status">{t.tellDenied}</p>;
    return <button type="button" class="button" aria-pressed={on} onClick={() => void press()}><Icon name={on ? "check" : "bell"} />{t.tellMe}</button>;
}
