// The machines of the lab: how each stands and why, what it runs, and an administrator's orders to it.

import "../lib/catalogue";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Empty, Loading, Problem } from "../components/notice";
import { MachineOrders } from "../components/lab/machine_orders";
import { isGone, listMachines, type Machine, type Machines } from "../data/lab";
import { useEvents } from "../data/live";
import { usePolled } from "../data/polled";
import { useSession } from "../data/session";
import { agoText, bytesText, durationText, momentText } from "../lib/format";
import { Link } from "../lib/router";
import { say } from "../lib/words";
import { useSpeech } from "../text";
import { useLabWords } from "../text/lab";

const kEveryMs = 3000;
const kClockOffMs = 2000; // less is the network's delay
const kSettleMs = 400; // after a change of one's own jobs; the server writes down a start a fifth of a second later

export function MachinesPage(): JSX.Element {
    const words = useLabWords();
    const { locale } = useSpeech();
    const { session } = useSession();
    const orders = session !== null && (session.user === null || session.user.role === "administrator");
    const { value, atMs, error, again } = usePolled(listMachines, kEveryMs);
    const timer = useRef(0);
    useEvents({
        onJob: () => {
            window.clearTimeout(timer.current);
            timer.current = window.setTimeout(again, kSettleMs);
        },
    });
    useEffect(() => () => window.clearTimeout(timer.current), []);
    const others = useOthers(value);
    const here = value?.machines.filter((machine) => !isGone(machine)) ?? [];
    const gone = value?.machines.filter(isGone) ?? [];
    // Times of the server are told by its clock, and said by this one's.
    const row = (machine: Machine): JSX.Element => (
        <MachineRow key={`${machine.name} ${machine.address} ${machine.state}`} machine={machine} nowMs={value?.now_ms ?? 0}
            others={session?.user ? others.get(machine.name) ?? 0 : 0} orders={orders} done={again} />
    );
    return (
        <>
            <div class="section-head">
                <h1>{words.machinesTitle}</h1>
                {here.length > 0 && <span class="hint machines-total">{words.total(here.filter((one) => one.state === "ready").length, here.length)}</span>}
            </div>
            {error && error.status !== 0 && value && <p class="hint stale" role="status">{words.stale(momentText(atMs, locale))}</p>}
            {error && !value && <Problem error={error} />}
            {!value && !error && <Loading />}
            {value && here.length === 0 && <Empty title={words.machinesNone} text={words.machinesNoneText} />}
            <ul class={`machines${error ? " is-stale" : ""}`}>{here.map(row)}</ul>
            {gone.length > 0 && (
                <details class="machines-gone">
                    <summary>{words.gone(gone.length)}</summary>
                    <ul class="machines">{gone.map(row)}</ul>
                </details>
            )}
        </>
    );
}

/// How many jobs of others run on each machine. The machines and one's own jobs are told by two books, and what begins
/// or ends in between is in one of them alone: only what two looks in a row have seen is of others.
function useOthers(value: Machines | null): Map<string, number> {
    const [seen, setSeen] = useState<{ last: Map<string, number>; shown: Map<string, number> }>({ last: new Map(), shown: new Map() });
    useEffect(() => {
        const last = new Map((value?.machines ?? []).map((machine) => [machine.name, Math.max(0, machine.running - machine.own.reduce((sum, job) => sum + job.running, 0))]));
        setSeen((before) => ({ last, shown: new Map([...last].map(([name, count]) => [name, Math.min(count, before.last.get(name) ?? 0)])) }));
    }, [value]);
    return seen.shown;
}

interface RowProps {
    machine: Machine;
    nowMs: number; // the server's clock
    others: number; // jobs of others that run there
    orders: boolean;
    done: () => void;
}

function MachineRow({ machine, nowMs, others, orders, done }: RowProps): JSX.Element {
    const words = useLabWords();
    const { locale, language } = useSpeech();
    const gone = isGone(machine);
    const why = say(machine.reason_words, language, machine.reason);
    const since = machine.since_ms > 0 ? agoText(machine.since_ms, nowMs, locale) : "";
    return (
        <li class="card machine" data-machine={machine.name} data-state={machine.state}>
            <div class="machine-head">
                <h2>{machine.name}</h2>
                <span class={`badge machine-${machine.state}`}>{words.states[machine.state]}</span>
                {since && <span class="hint" title={momentText(machine.since_ms, locale)}>{since}</span>}
                {orders && !gone && <MachineOrders machine={machine} done={done} />}
            </div>
            {why && <p class="machine-why">{why}</p>}
            {!gone && <Clock offMs={machine.clock_off_ms} />}
            {!gone && <Slots machine={machine} />}
            <Facts machine={machine} gone={gone} />
            {!gone && machine.held > 0 && <Runs machine={machine} others={others} />}
        </li>
    );
}

function Clock({ offMs }: { offMs: number }): JSX.Element | null {
    const words = useLabWords();
    const { locale } = useSpeech();
    if (Math.abs(offMs) <= kClockOffMs) return null;
    const time = durationText(Math.abs(offMs), locale);
    return <p class="machine-why">{offMs > 0 ? words.clockAhead(time) : words.clockBehind(time)}</p>;
}

function Slots({ machine }: { machine: Machine }): JSX.Element {
    const words = useLabWords();
    const used = Math.min(machine.running, machine.slots);
    return (
        <div class="machine-slots">
            <span>{words.slotsInUse(used, machine.slots)}</span>
            <progress max={machine.slots} value={used} aria-label={words.slotsInUse(used, machine.slots)} />
        </div>
    );
}

function Facts({ machine, gone }: { machine: Machine; gone: boolean }): JSX.Element {
    const words = useLabWords();
    const { locale, language } = useSpeech();
    const load = (machine.load_percent / 100).toLocaleString(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    const labels = machine.labels.map((label, at) => say(machine.labels_words[at], language, label));
    const facts: [string, string][] = [
        [words.load, gone || machine.cpus === 0 ? "" : words.loadOf(load, machine.cpus)],
        [words.memory, machine.memory_bytes > 0 ? bytesText(machine.memory_bytes, locale) : ""],
        [words.graphics, machine.gpus > 0 ? String(machine.gpus) : ""],
        [words.runsWhat, machine.runtimes.join(", ")],
        [words.version, machine.version],
        [words.host, machine.host],
        [words.address, machine.address || (gone ? "" : words.onServer)],
        [words.labels, labels.join(" · ")],
    ];
    return (
        <dl class="machine-facts">
            {facts.filter(([, said]) => said !== "").map(([name, said]) => <div key={name}><dt>{name}</dt><dd>{said}</dd></div>)}
        </dl>
    );
}

/// One's own jobs by their names, those of others as a count.
function Runs({ machine, others }: { machine: Machine; others: number }): JSX.Element | null {
    const words = useLabWords();
    const [all, setAll] = useState(false);
    const waiting = machine.held - machine.running;
    const jobs = machine.own.filter((job) => job.running > 0);
    if (jobs.length + others + waiting === 0) return null;
    const shown = all ? jobs : jobs.slice(0, 5);
    return (
        <div class="machine-runs">
            <h3>{words.runningHere}</h3>
            <ul>
                {shown.map((job) => <li key={job.id}>
                    <Link to={`/jobs/${job.id}`}>{job.name || job.id}</Link>{job.running > 1 && <span class="hint"> · {words.membersRun(job.running)}</span>}
                </li>)}
                {shown.length < jobs.length && <li><button type="button" class="link" onClick={() => setAll(true)}>+ {jobs.length - shown.length}</button></li>}
                {others > 0 && <li class="hint">{words.othersRun(others)}</li>}
                {waiting > 0 && <li class="hint">{words.given(waiting)}</li>}
            </ul>
        </div>
    );
}
