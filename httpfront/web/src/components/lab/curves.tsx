// Curves over time, drawn by uPlot, which is fetched when they are first shown. A gap in time is a gap in the curve.

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { AlignedData, Options } from "uplot";
import { useSpeech } from "../../text";

const kHeight = 260;

export interface Curve {
    label: string;
    colour: string; // the name of a variable of style.css
    dash?: number[]; // so that curves are told apart without colour
    values: (number | null)[];
}

interface CurvesProps {
    atS: number[];
    curves: Curve[];
    label: string; // for those who do not see it
    time: string; // how the times are called
}

function optionsFor(curves: readonly Curve[], called: string, width: number, locale: string): Options {
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string): string => style.getPropertyValue(name).trim();
    const axis = { stroke: colour("--text-2"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 } };
    const moment = (seconds: number): string => new Date(seconds * 1000).toLocaleString(locale, { day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });
    const time = (seconds: number, step: number): string => new Date(seconds * 1000).toLocaleString(locale, step >= 86400 / 2 ? { day: "2-digit", month: "short" } : { hour: "2-digit", minute: "2-digit", ...(step < 60 ? { second: "2-digit" } : {}) });
    return {
        width, height: kHeight, padding: [16, 40, 0, 0],
        scales: { x: { time: true }, y: { range: (_, __, most) => [0, Math.max(4, Math.ceil((most ?? 0) * 1.1))] } },
        axes: [{ ...axis, values: (_, splits, __, ___, step) => splits.map((split) => time(split, step)) },
            { ...axis, size: 52, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 1e4, 2e4, 5e4, 1e5, 1e6], values: (_, splits) => splits.map((split) => split.toLocaleString(locale)) }],
        cursor: { drag: { x: true, y: false } },
        series: [{ label: called, value: (_, seconds) => (seconds === null ? "–" : moment(seconds)) },
            ...curves.map(({ label, colour: name, dash }) => ({
                label, stroke: colour(name), width: 2, ...(dash ? { dash } : {}), points: { show: false },
                value: (_: unknown, value: number | null) => (value === null ? "–" : value.toLocaleString(locale)),
            }))],
    };
}

export function Curves({ atS, curves, label, time }: CurvesProps): JSX.Element {
    const { locale } = useSpeech();
    const box = useRef<HTMLDivElement>(null);
    const plot = useRef<{ setData: (data: AlignedData) => void } | null>(null);
    const data: AlignedData = [atS, ...curves.map((curve) => curve.values)];
    const latest = useRef(data);
    latest.current = data;
    const names = curves.map((curve) => curve.label).join();
    const theme = document.documentElement.dataset["theme"];
    useEffect(() => {
        const element = box.current;
        if (!element) return undefined;
        let end = (): void => undefined;
        let gone = false;
        void import("uplot").then(({ default: Plotter }) => {
            if (gone) return;
            const drawn = new Plotter(optionsFor(curves, time, element.clientWidth, locale), latest.current, element);
            plot.current = drawn;
            const fit = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: kHeight }));
            fit.observe(element);
            end = () => {
                fit.disconnect();
                drawn.destroy();
                plot.current = null;
            };
        });
        return () => {
            gone = true;
            end();
        };
    }, [locale, names, theme]);
    useEffect(() => plot.current?.setData(data));
    return <div class="plot curves" ref={box} role="img" aria-label={label} />;
}
