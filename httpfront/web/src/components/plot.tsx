// The numbers of a table as lines, drawn by uPlot, which is fetched when somebody asks for a plot.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { fileUrl, readHead } from "../data/api";
import { kPlotBytes, seriesOf, type Series } from "../lib/series";
import { useSpeech } from "../text";
import { Loading } from "./notice";

const kHeight = 280;
const kColours = ["--accent", "--bad", "--good", "--odd", "--warm", "--text-2"];

export function Plot({ id, path }: { id: string; path: string }): JSX.Element {
    const { t } = useSpeech();
    const [series, setSeries] = useState<Series | null | undefined>(undefined);
    useEffect(() => {
        const abort = new AbortController();
        readHead(fileUrl(id, path), kPlotBytes, abort.signal).then(({ text, whole }) => setSeries(seriesOf(text, whole)))
            .catch(() => {
                if (!abort.signal.aborted) setSeries(null);
            });
        return () => abort.abort();
    }, [id, path]);
    if (series === undefined) return <Loading />;
    return series ? <Lines series={series} label={t.plotOf(path)} /> : <p class="hint">{t.plotNone}</p>;
}

export function Lines({ series, label }: { series: Series; label: string }): JSX.Element {
    const { t, locale } = useSpeech();
    const box = useRef<HTMLDivElement>(null);
    useEffect(() => {
        const element = box.current;
        if (!element) return undefined;
        let end = (): void => undefined;
        let gone = false;
        void import("uplot").then(({ default: Plotter }) => {
            if (gone) return;
            const style = getComputedStyle(document.documentElement);
            const colour = (name: string): string => style.getPropertyValue(name).trim();
            const axis = { stroke: colour("--text-2"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 } };
            const plot = new Plotter({
                width: element.clientWidth, height: kHeight, scales: { x: { time: false } }, axes: [axis, { ...axis, size: 64 }],
                cursor: { drag: { x: true, y: false } },
                series: [{ label: series.names[0] ?? "" }, ...series.names.slice(1).map((label, at) => (
                    { label, stroke: colour(kColours[at % kColours.length] ?? "--accent"), width: 1.5, points: { show: false } }))],
            }, series.columns, element);
            const fit = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: kHeight }));
            fit.observe(element);
            end = () => {
                fit.disconnect();
                plot.destroy();
            };
        });
        return () => {
            gone = true;
            end();
        };
    }, [series]);
    return (
        <div class="plot">
            <div ref={box} role="img" aria-label={label} />
            <p class="hint">{series.whole ? t.plotZoom : t.plotFirst((series.columns[0]?.length ?? 0).toLocaleString(locale))}</p>
        </div>
    );
}
