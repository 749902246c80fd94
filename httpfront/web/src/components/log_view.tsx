// A job's log: follows the end, can be searched and saved. Its lines are put into the page by hand,
// only those that changed, so that a program that prints without end does not slow the page.

import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { hasEnded, type Job } from "../data/api";
import { saveBlob } from "../data/download";
import { useSpeech } from "../text";
import type { LogLines } from "../lib/log_lines";
import { wholeLog, type LogReader } from "../data/log_reader";
import { Icon } from "./icon";
import { Notice, Problem } from "./notice";

const kAtEndPixels = 24;

interface LogViewProps {
    job: Job;
    reader: LogReader;
    version: number; // rises when the reader has something else to show
}

export function LogView({ job, reader, version }: LogViewProps): JSX.Element {
    const { t, locale } = useSpeech();
    const [following, setFollowing] = useState(true);
    const [find, setFind] = useState("");
    const [saving, setSaving] = useState(false);
    const [saveFailed, setSaveFailed] = useState(false);
    const box = useRef<HTMLDivElement>(null);
    const drawn = useRef({ first: 0, settled: 0 });
    const { lines } = reader;

    useLayoutEffect(() => {
        if (!box.current) return;
        draw(box.current, lines, drawn.current);
        if (following) box.current.scrollTop = box.current.scrollHeight;
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
                        <button type="button" class="quiet" aria-label={t.logSave} title={t.logSave} disabled={saving}
                            onClick={save}><Icon name="download" /></button>
                    </div>
                )}
            </div>
            {saveFailed && <Notice kind="bad"><p>{t.logSaveFailed}</p></Notice>}
            {reader.error && reader.error.status !== 404 && <Problem error={reader.error} />}
            {(reader.cut || lines.dropped > 0) && (
                <p class="log-cut hint">{t.logCut(lines.lines.length.toLocaleString(locale))}</p>
            )}
            {empty && <p class="log-empty">{emptyText}</p>}
            <div ref={box} class="log" role="log" aria-live="off" aria-labelledby="log" tabIndex={empty ? -1 : 0} hidden={empty}
                onScroll={scrolled} />
        </section>
    );
}

/// Brings the element's children up to date: child number n shows line `drawn.first + n`.
function draw(element: HTMLElement, lines: LogLines, drawn: { first: number; settled: number }): void {
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
    for (const line of lines.lines.slice(from)) {
        const row = document.createElement("div");
        row.textContent = line === "" ? "\u200b" : line; // an empty row would have no height
        added.append(row);
    }
    element.append(added);
    drawn.settled = lines.settledEnd;
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
