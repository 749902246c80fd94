// Orders of an administrator to a machine: each asks back, and takes the reason that others will read.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ApiError } from "../../data/api";
import { orderMachine, type Machine, type Order } from "../../data/lab";
import { useLabWords, type LabMessages } from "../../text/lab";
import { Problem } from "../notice";
import { Field } from "../account_parts";

interface OrderWords {
    label: string;
    title: string;
    ask: string;
}

function wordsOf(order: Order, name: string, words: LabMessages): OrderWords {
    switch (order) {
        case "pause": return { label: words.pause, title: words.pauseOf(name), ask: words.pauseAsk(name) };
        case "drain": return { label: words.drain, title: words.drainOf(name), ask: words.drainAsk(name) };
        case "resume": return { label: words.resume, title: words.resumeOf(name), ask: words.resumeAsk(name) };
    }
}

/// The orders that change anything for a machine as it stands.
function ordersFor(machine: Machine): Order[] {
    const held = machine.state === "paused" || machine.state === "draining";
    return held ? ["resume", ...(machine.state === "paused" ? ["drain" as const] : [])] : ["pause", "drain"];
}

export function MachineOrders({ machine, done }: { machine: Machine; done: () => void }): JSX.Element {
    const words = useLabWords();
    const [asked, setAsked] = useState<Order | null>(null);
    const [reason, setReason] = useState("");
    const [error, setError] = useState<ApiError | null>(null);
    const give = (event: Event): void => {
        event.preventDefault();
        if (!asked) return;
        setError(null);
        orderMachine(machine.name, asked, asked === "resume" ? "" : reason.trim()).then(() => {
            setAsked(null);
            setReason("");
            done();
        }).catch((problem: unknown) => setError(problem instanceof ApiError ? problem : new ApiError(0, String(problem), "")));
    };
    const said = asked && wordsOf(asked, machine.name, words);
    return (
        <>
            <div class="row-actions machine-orders">
                {ordersFor(machine).map((order) => {
                    const { label, title } = wordsOf(order, machine.name, words);
                    return <button key={order} type="button" class="button button-small" aria-label={title} aria-expanded={asked === order} onClick={() => setAsked(asked === order ? null : order)}>{label}</button>;
                })}
            </div>
            {said && (
                <form class="machine-ask" onSubmit={give}>
                    <p>{said.ask}</p>
                    {asked !== "resume" && <Field label={words.reason} value={reason} onValue={setReason} maxLength={200} />}
                    <div class="row-actions">
                        <button class="button button-small button-main">{said.title}</button>
                        <button type="button" class="button button-small" onClick={() => setAsked(null)}>{words.notNow}</button>
                    </div>
                    {error && <Problem error={error} />}
                </form>
            )}
        </>
    );
}
