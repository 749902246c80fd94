// The members of an array: a bar of the whole, a grid with a cell each, and a table of those in one state. Of
// ten thousand cells only those in sight are in the page.

import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { hasEnded, kStates, outputUrl, type Job } from "../data/api";
import { endedIn, getStates, listMembers, memberId, stateOf, type Member, type States } from "../data/array";
import { bytesText, durationText } from "../lib/format";
import { Link } from "../lib/router";
import { say } from "../lib/words";
import { useSpeech } from "../text";
import { useArrayWords } from "../text/array";
import { Icon } from "./icon";
import { Notice } from "./notice";
import { StateBadge } from "./state";

const kCellPixels = 16;
const kRowsAround = 4;
/// The bar fills from its beginning: what has ended stands first.
const kBarStates = [...kStates.slice(3), "running", "assigned", "queued"] as const;
const kSettleMs = 1000; // between two looks at all members while they change

export function Members({ job }: { job: Job }): JSX.Element | null {
    const { t, locale } = useSpeech();
    const words = useArrayWords();
    const [state, setState] = useState(() => (hasEnded(job) && (job.array?.counts.failed ?? 0) > 0 ? "failed" : "")); // what one came to look at
    const { states, failed } = useStates(job);
    const { array } = job;
    if (!array) return null;
    const number = (n: number): string => n.toLocaleString(locale);
    return (
        <section class="card members" aria-labelledby="members">
            <div class="section-head">
                <h2 id="members">{words.title}</h2>
                <span class="figures" role="status">{words.of(number(endedIn(job)), number(array.size))}</span>
            </div>
            <div class="members-bar" aria-hidden="true">
                {kBarStates.filter((each) => array.counts[each] > 0).map((each) => (
                    <span key={each} class={`cell-${each}`} style={{ flexGrow: array.counts[each] }} />
                ))}
            </div>
            {array.missing > 0 && !hasEnded(job) && <Notice kind="info"><p>{words.missing(number(array.missing))}</p></Notice>}
            {failed && <Notice kind="bad"><p>{words.fetchFailed}</p></Notice>}
            {states && <Grid array={job.id} states={states} />}
            <div class="chips" role="group" aria-label={words.filter}>
                <button type="button" class="chip" aria-pressed={state === ""} onClick={() => setState("")}>{words.all}</button>
                {kStates.filter((each) => array.counts[each] > 0 || state === each).map((each) => (
                    <button type="button" class="chip" key={each} aria-pressed={state === each} onClick={() => setState(each)}>
                        {t.states[each]} {number(array.counts[each])}</button>
                ))}
            </div>
            <MemberTable job={job} state={state} />
        </section>
    );
}

/// A number that changes with the counts of the array, once a while at most.
function useChanges(job: Job): number {
    const [version, setVersion] = useState(0);
    const timer = useRef(0);
    useEffect(() => {
        if (timer.current !== 0) return;
        timer.current = window.setTimeout(() => {
            timer.current = 0;
            setVersion((value) => value + 1);
        }, kSettleMs);
    }, [JSON.stringify(job.array?.counts)]);
    useEffect(() => () => window.clearTimeout(timer.current), []);
    return version;
}

function useStates(job: Job): { states: States | null; failed: boolean } {
    const [states, setStates] = useState<States | null>(null);
    const [failed, setFailed] = useState(false);
    const version = useChanges(job);
    useEffect(() => {
        const abort = new AbortController();
        getStates(job.id, abort.signal).then((found) => {
            setStates(found);
            setFailed(false);
        }).catch(() => {
            if (!abort.signal.aborted) setFailed(true);
        });
        return () => abort.abort();
    }, [job.id, version]);
    return { states, failed };
}

function Grid({ array, states }: { array: string; states: States }): JSX.Element {
    const { t } = useSpeech();
    const words = useArrayWords();
    const box = useRef<HTMLDivElement>(null);
    const [view, setView] = useState({ columns: 40, first: 0, last: 40 });
    const look = (): void => {
        const element = box.current;
        if (!element) return;
        const columns = Math.max(1, Math.floor(element.clientWidth / kCellPixels));
        const first = Math.max(0, Math.floor(element.scrollTop / kCellPixels) - kRowsAround);
        const last = Math.ceil((element.scrollTop + element.clientHeight) / kCellPixels) + kRowsAround;
        setView((old) => (old.columns === columns && old.first === first && old.last === last ? old : { columns, first, last }));
    };
    useLayoutEffect(look, [states.indices.length]);
    useEffect(() => {
        window.addEventListener("resize", look);
        return () => window.removeEventListener("resize", look);
    }, []);
    const rows = Math.ceil(states.indices.length / view.columns);
    const from = view.first * view.columns;
    return (
        <div class="members-grid" ref={box} onScroll={look} role="group" aria-label={words.grid}>
            <div style={{ height: `${rows * kCellPixels}px` }}>
                <div class="members-cells" style={{ transform: `translateY(${view.first * kCellPixels}px)`, width: `${view.columns * kCellPixels}px` }}>
                    {states.indices.slice(from, view.last * view.columns).map((index, at) => {
                        const state = stateOf(states.states[from + at] ?? "q");
                        return <Link key={index} to={`/jobs/${memberId(array, index)}`} class={`cell cell-${state}`}
                            tabIndex={-1} label={words.cell(index, t.states[state])} />;
                    })}
                </div>
            </div>
        </div>
    );
}

function MemberTable({ job, state }: { job: Job; state: string }): JSX.Element {
    const { locale, language } = useSpeech();
    const words = useArrayWords();
    const { members, next, more } = useMembers(job, state);
    if (members?.length === 0) return <p class="hint">{words.none}</p>;
    return (
        <>
            <table class="jobs members-table">
                <thead><tr><th class="num">{words.colIndex}</th><th>{words.colState}</th><th>{words.colWhy}</th><th class="num">{words.colTook}</th><th class="num">{words.colSize}</th></tr></thead>
                <tbody>
                    {(members ?? []).map((member) => (
                        <tr key={member.id} data-index={member.index}>
                            <td class="num"><Link to={`/jobs/${member.id}`}>{String(member.index)}</Link></td>
                            <td><StateBadge state={member.state} /></td>
                            <td class="members-why">{say(member.reason_words, language, member.reason).split("\n")[0]}</td>
                            <td class="num">{member.ended_ms > 0 && member.started_ms > 0 ? durationText(member.ended_ms - member.started_ms, locale) : "–"}</td>
                            <td class="num">{member.output_bytes === null ? "–" : (
                                <a class="get" href={outputUrl(member.id)} download=""><Icon name="download" />{bytesText(member.output_bytes, locale)}</a>
                            )}</td>
                        </tr>
                    ))}
                </tbody>
            </table>
            {next !== null && <p class="more"><button type="button" class="button" onClick={more}>{words.more}</button></p>}
        </>
    );
}

/// The members in a state, as many pages as were asked for. They are fetched anew while the array changes.
function useMembers(job: Job, state: string): { members: Member[] | null; next: number | null; more: () => void } {
    const [found, setFound] = useState<{ state: string; members: Member[]; next: number | null } | null>(null);
    const [pages, setPages] = useState(1);
    const version = useChanges(job);
    useEffect(() => setPages(1), [state]);
    useEffect(() => {
        const abort = new AbortController();
        const fetchPages = async (): Promise<void> => {
            const members: Member[] = [];
            let after: number | null = null;
            for (let page = 0; page < pages; page += 1) {
                const answer: { members: Member[]; next: number | null } = await listMembers(job.id, state, after, abort.signal);
                members.push(...answer.members);
                after = answer.next;
                if (after === null) break;
            }
            setFound({ state, members, next: after });
        };
        fetchPages().catch(() => undefined); // the grid says that the server is away
        return () => abort.abort();
    }, [job.id, state, pages, version]);
    const current = found?.state === state ? found : null;
    return { members: current?.members ?? null, next: current?.next ?? null, more: () => setPages((value) => value + 1) };
}
