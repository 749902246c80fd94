// An array as lines to plot: one for a vector, one a channel for a matrix, along its longer side.

import type { Series } from "../series";
import type { Values } from "./hdf5";

const kLines = 12;
const kPoints = 100_000;

export function isPlotted(shape: readonly number[]): boolean {
    const long = shape.filter((side) => side > 1);
    return long.length > 0 && long.length <= 2;
}

export function linesOf({ shape, values }: Values, name: string): Series | null {
    const sides = shape.filter((side) => side !== 1);
    if (!isPlotted(shape)) return null;
    const [rows = 1, columns = 1] = sides;
    const along = sides.length === 1 || rows >= columns; // a line goes down the rows
    const length = along ? rows : columns;
    const count = sides.length === 1 ? 1 : along ? columns : rows;
    const step = Math.ceil(length / kPoints);
    const x = Array.from({ length: Math.ceil(length / step) }, (_, at) => at * step + 1);
    const line = (of: number): number[] => x.map((place) => {
        const at = place - 1;
        return Number(values[sides.length === 1 ? at : along ? at * columns + of : of * columns + at]);
    });
    const shown = Math.min(count, kLines);
    return {
        names: ["#", ...Array.from({ length: shown }, (_, of) => (count === 1 ? name : `${name} ${of + 1}`))],
        columns: [x, ...Array.from({ length: shown }, (_, of) => line(of))], whole: shown === count && step === 1,
    };
}
