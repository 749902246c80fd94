// The machines of the lab: how each stands and why, what it runs, and an administrator's orders to it.

import "../lib/catalogue";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Empty, Loading, Problem } from "../components/notice";
import { MachineOrders } from "../components/lab/machine_orders";
import type { Job } from "../data/api";
import { isGone, listMachines, type Machine } from "../data/lab";
import { useJobs } from "../data/live";
import { usePolled } from "../data/polled";
import { useSession } from "../data/session";
import { agoText, bytesText, durationText, momentText } from "../lib/format";
import { Link } from "../lib/router";
import { say } from "../lib/words";
import { useSpeech } from "../text";
import { useLabWords } from "../text/lab";

const kEveryMs = 3000;
const kClockOffMs = 2000; // less is the network's delay
const kJobsShown = 200;

export function MachinesPage(): JSX.Element {
    const words = useLabWords();
    const { locale } = useSpeech();
    const { session } = useSession();
    const orders = session !== null && (session.user === null || session.user.role === "administrator");
    const { value, atMs, error, again } = usePolled(listMachines, kEveryMs);
    const running = useJobs({ state: "running", limit: kJobsShown });
    useEffect(() => { // the event of a start comes before its machine is written down
        if (running.jobs?.some((job) => job.worker === "")) running.reload();
    }, [value]);
    const here = value?.machines.filter((machine) => !isGone(machine)) ?? [];
    const gone = value?.machines.filter(isGone) ?? [];
    const jobsOf = (machine: Machine): Job[] => (running.jobs ?? []).filter((job) => job.worker === machine.name);
    // Times of the server are told by its clock, and said by this one's.
    const row = (machine: Machine): JSX.Element => (
        <MachineRow key={`${machine.name} ${machine.address} ${machine.state}`} machine={machine} jobs={jobsOf(machine)} nowMs={value?.now_ms ?? 0}
            orders={orders} done={again} />
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

interface RowProps {
    machine: Machine;
    jobs: Job[];
    nowMs: number; // the server's clock
    orders: boolean;
    done: () => void;
}

function MachineRow({ machine, jobs, nowMs, orders, done }: RowProps): JSX.Element {
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
            {!gone && machine.held > 0 && <Runs machine={machine} jobs={jobs} />}
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
function Runs({ machine, jobs }: { machine: Machine; jobs: Job[] }): JSX.Element {
    const words = useLabWords();
    const [all, setAll] = useState(false);
    const others = Math.max(0, machine.running - jobs.length);
    const waiting = machine.held - machine.running;
    const shown = all ? jobs : jobs.slice(0, 5);
    return (
        <div class="machine-runs">
            <h3>{words.runningHere}</h3>
            <ul>
                {shown.map((job) => <li key={job.id}><Link to={`/jobs/${job.id}`}>{job.name || job.id}</Link></li>)}
                {shown.length < jobs.length && <li><button type="button" class="link" onClick={() => setAll(true)}>+ {jobs.length - shown.length}</button></li>}
                {others > 0 && <li class="hint">{words.othersRun(others)}</li>}
                {waiting > 0 && <li class="hint">{words.given(waiting)}</li>}
            </ul>
        </div>
    );
}
