// A job's log: follows the end, can be searched and saved. Its lines are put into the page by hand,
// only those that changed, so that a program that prints without end does not slow the page.

import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { hasEnded, hasFailed, searchLog, type Job, type LogHit } from "../data/api";
import { saveBlob } from "../data/download";
import { useSpeech } from "../text";
import { hasColours, piecesOf } from "../lib/ansi";
import type { LogLines } from "../lib/log_lines";
import { wholeLog, type LogReader } from "../data/log_reader";
import { Around, LogFoundList } from "./log_found";
import { Icon } from "./icon";
import { Notice, Problem } from "./notice";

const kAtEndPixels = 24;
const kGutterPixels = 48;
const kErrorLine = /^(Traceback \(most recent call last\):|error: |\w*(Error|Exception)\b.*:)/;

const kErrorWords = ["Traceback (most recent call last)", "error:", "Exception:"];

/// The first line of a long log, of which the page shows the end alone, that tells of an error.
async function firstErrorOf(job: Job): Promise<LogHit | null> {
    const found = await Promise.all(kErrorWords.map((words) => searchLog(job.id, job.attempt, words)));
    return found.flatMap(({ hits }) => hits.slice(0, 1)).sort((a, b) => a.line - b.line)[0] ?? null;
}

interface LogViewProps {
    job: Job;
    reader: LogReader;
    version: number; // rises when the reader has something else to show
}

export function LogView({ job, reader, version }: LogViewProps): JSX.Element {
    const { t, locale } = useSpeech();
    const [following, setFollowing] = useState(true);
    const [find, setFind] = useState("");
    const [wrap, setWrap] = useState(true);
    const [saving, setSaving] = useState(false);
    const [saveFailed, setSaveFailed] = useState(false);
    const box = useRef<HTMLDivElement>(null);
    const drawn = useRef({ first: 0, settled: 0 });
    const { lines } = reader;

    useLayoutEffect(() => {
        if (!box.current) return;
        draw(box.current, lines, drawn.current, !reader.cut);
        if (showLinked(box.current)) setFollowing(false);
        else if (following) box.current.scrollTop = box.current.scrollHeight;
    }, [version, following]);
    const search = useSearch(box, find, version); // after the rows are drawn

    const scrolled = (): void => {
        const element = box.current;
        if (!element) return;
        setFollowing(element.scrollHeight - element.scrollTop - element.clientHeight < kAtEndPixels);
    };
    const save = (): void => {
        setSaving(true);
        setSaveFailed(false);
        wholeLog(job.id, job.attempt).then((blob) => saveBlob(blob, `${job.name || job.id}-log.txt`))
            .catch(() => setSaveFailed(true)).finally(() => setSaving(false));
    };
    const jump = (step: number): void => {
        setFollowing(false);
        search.go(step);
    };
    const firstError = lines.lines.findIndex((line) => kErrorLine.test(line));
    const long = reader.cut || lines.dropped > 0;
    const toFirstError = (): void => {
        setFollowing(false);
        if (long) {
            firstErrorOf(job).then(setFar).catch(() => setFar(null));
            return;
        }
        box.current?.children[firstError]?.scrollIntoView({ block: "center" });
    };
    const [far, setFar] = useState<LogHit | null>(null);
    const empty = lines.lines.length === 0;
    const emptyText = hasEnded(job) ? t.logEmptyEnded : job.state === "running" ? t.logEmptyRunning : t.logEmptyWaiting;
    return (
        <section class="card log-card" aria-labelledby="log">
            <div class="log-head">
                <h2 id="log">{t.logTitle}</h2>
                {!empty && (
                    <div class="log-tools">
                        <div class="search search-small">
                            <Icon name="search" />
                            <input type="search" value={find} placeholder={t.logFindHint} aria-label={t.logFind}
                                onInput={(event) => setFind(event.currentTarget.value)}
                                onKeyDown={(event) => {
                                    if (event.key === "Enter") jump(event.shiftKey ? -1 : 1);
                                }} />
                        </div>
                        {find && (
                            <>
                                <span class="log-matches" role="status">{t.logMatches(search.current, search.total)}</span>
                                <button type="button" class="quiet" aria-label={t.logPrevious} title={t.logPrevious}
                                    disabled={search.total === 0} onClick={() => jump(-1)}><Icon name="up" /></button>
                                <button type="button" class="quiet" aria-label={t.logNext} title={t.logNext}
                                    disabled={search.total === 0} onClick={() => jump(1)}><Icon name="down" /></button>
                            </>
                        )}
                        {!hasEnded(job) && (
                            <button type="button" class="button button-small" aria-pressed={following}
                                onClick={() => setFollowing(!following)}>{t.logFollow}</button>
                        )}
                        {(firstError >= 0 || (long && hasFailed(job))) && (
                            <button type="button" class="button button-small" onClick={toFirstError}>{t.logFirstError}</button>
                        )}
                        <button type="button" class="quiet" aria-label={t.logWrap} title={t.logWrap} aria-pressed={wrap}
                            onClick={() => setWrap(!wrap)}><Icon name="wrap" /></button>
                        <button type="button" class="quiet" aria-label={t.logSave} title={t.logSave} disabled={saving}
                            onClick={save}><Icon name="download" /></button>
                    </div>
                )}
            </div>
            {saveFailed && <Notice kind="bad"><p>{t.logSaveFailed}</p></Notice>}
            {reader.error && reader.error.status !== 404 && <Problem error={reader.error} />}
            {long && (
                <p class="log-cut hint">{t.logCut(lines.lines.length.toLocaleString(locale))}</p>
            )}
            {long && find.trim() !== "" && <LogFoundList job={job} text={find.trim()} />}
            {long && far && <div class="log-found"><p class="hint">{t.logFirstErrorAt(far.line.toLocaleString(locale))}</p><Around job={job} hit={far} /></div>}
            {empty && <p class="log-empty">{emptyText}</p>}
            <div ref={box} class={`log${wrap ? "" : " log-long"}${reader.cut ? "" : " log-numbered"}`} role="log" onClick={linkTo} aria-live="off" aria-labelledby="log" tabIndex={empty ? -1 : 0} hidden={empty}
                onScroll={scrolled} />
        </section>
    );
}

/// Brings the element's children up to date: child number n shows line `drawn.first + n`.
function draw(element: HTMLElement, lines: LogLines, drawn: { first: number; settled: number }, numbered: boolean): void {
    const first = lines.dropped;
    if (first < drawn.first || lines.settledEnd < drawn.settled) { // begun anew
        element.replaceChildren();
        drawn.first = first;
        drawn.settled = first;
    }
    if (first >= drawn.first + element.childElementCount) {
        element.replaceChildren();
        drawn.first = first;
    }
    for (; drawn.first < first; drawn.first += 1) element.firstElementChild?.remove();
    const from = Math.max(drawn.settled, first) - first;
    while (element.childElementCount > from) element.lastElementChild?.remove();
    const added = document.createDocumentFragment();
    lines.coloured.slice(from).forEach((line, at) => {
        const row = document.createElement("div");
        paint(row, line);
        if (numbered) row.dataset["n"] = String(first + from + at + 1);
        added.append(row);
    });
    element.append(added);
    drawn.settled = lines.settledEnd;
}

function paint(row: HTMLElement, line: string): void {
    if (!hasColours(line)) {
        row.textContent = line === "" ? "\u200b" : line; // an empty row would have no height
        return;
    }
    for (const { text, look } of piecesOf(line)) {
        const span = document.createElement("span");
        span.className = look;
        span.textContent = text;
        row.append(span);
    }
    if (row.childElementCount === 0) row.textContent = "\u200b";
}

/// Shows the line that the address names (`#L12`), once it is there. True: it was shown just now.
function showLinked(element: HTMLElement): boolean {
    const number = /^#L(\d+)$/.exec(location.hash)?.[1];
    const row = number ? element.querySelector(`[data-n="${number}"]`) : null;
    if (!row || row.classList.contains("linked")) return false;
    element.querySelector(".linked")?.classList.remove("linked");
    row.classList.add("linked");
    row.scrollIntoView({ block: "center" });
    return true;
}

/// A click on a line's number puts the line into the address, to be copied and sent to somebody.
function linkTo(event: MouseEvent): void {
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>(".log > div") : null;
    if (!row?.dataset["n"] || event.clientX - row.getBoundingClientRect().left > kGutterPixels) return;
    history.replaceState(history.state, "", `#L${row.dataset["n"]}`);
    if (row.parentElement) showLinked(row.parentElement);
}

interface Search {
    current: number; // from 1
    total: number;
    go: (step: number) => void;
}

/// Marks the rows that hold `text`; one of them is the current one.
function useSearch(box: { current: HTMLElement | null }, text: string, version: number): Search {
    const [current, setCurrent] = useState(0);
    const [total, setTotal] = useState(0);
    const now = useRef<Element | null>(null);
    useLayoutEffect(() => {
        const wanted = text.toLowerCase();
        const rows = Array.from(box.current?.children ?? []);
        const hits = rows.filter((row) => {
            const hit = wanted !== "" && (row.textContent ?? "").toLowerCase().includes(wanted);
            row.classList.toggle("hit", hit);
            return hit;
        });
        setTotal(hits.length);
        setCurrent(now.current ? hits.indexOf(now.current) + 1 : 0);
    }, [text, version]);
    const go = (step: number): void => {
        const hits = Array.from(box.current?.querySelectorAll(".hit") ?? []);
        if (hits.length === 0) return;
        const at = now.current ? hits.indexOf(now.current) : -1;
        const next = at < 0 ? (step > 0 ? 0 : hits.length - 1) : (at + step + hits.length) % hits.length;
        now.current?.classList.remove("hit-now");
        now.current = hits[next] ?? null;
        now.current?.classList.add("hit-now");
        now.current?.scrollIntoView({ block: "center" });
        setCurrent(next + 1);
    };
    return { current, total, go };
}
