// The logo and the line icons, drawn here so that the page loads nothing for them.

import type { JSX } from "preact";

export function Logo(): JSX.Element {
    return (
        <svg class="logo" viewBox="0 0 32 32" width="30" height="30" aria-hidden="true">
            <rect width="32" height="32" rx="9" class="logo-ground" />
            <path d="M7 9.5h4.5M7 16h6.5M7 22.5h4.5M11.5 9.5C16 9.5 15 16 19 16M11.5 22.5C16 22.5 15 16 19 16"
                class="logo-lines" />
            <circle cx="22.5" cy="16" r="3.4" class="logo-dot" />
        </svg>
    );
}

const kPaths = {
    sun: "M12 4V2M12 22v-2M4 12H2M22 12h-2M6.3 6.3 4.9 4.9M19.1 19.1l-1.4-1.4M6.3 17.7l-1.4 1.4M19.1 4.9l-1.4 1.4M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0Z",
    moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z",
    upload: "M12 16V4m0 0L7 9m5-5 5 5M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3",
    download: "M12 4v12m0 0 5-5m-5 5-5-5M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3",
    check: "m5 12.5 4.5 4.5L19 7.5",
    cross: "M6 6l12 12M18 6 6 18",
    clock: "M12 7v5l3 2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z",
    play: "M8 5.5v13l10.5-6.5L8 5.5Z",
    alert: "M12 8v5m0 3.2v.1M12 3 2.5 20h19L12 3Z",
    note: "M12 8v.1M12 11.5V16M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z",
    stop: "M7 7h10v10H7z",
    again: "M19 8a8 8 0 1 0 1 6M19 3v5h-5",
    wrap: "M4 6h16M4 12h13a3 3 0 0 1 0 6h-4m0 0 2-2m-2 2 2 2M4 18h5",
    file: "M6 3h8l4 4v14H6V3Zm8 0v4h4",
    image: "M4 5h16v14H4V5Zm0 11 5-5 4 4 2.5-2.5L20 16M15.5 9.5v.1",
    search: "m20 20-4.5-4.5M17 10.5a6.5 6.5 0 1 1-13 0 6.5 6.5 0 0 1 13 0Z",
    up: "m6 15 6-6 6 6",
    down: "m6 9 6 6 6-6",
    back: "m14 6-6 6 6 6",
    forward: "m10 6 6 6-6 6",
    person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.5a7.5 7.5 0 0 1 15 0",
    bell: "M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 2h-15l1.5-2ZM10 21h4",
    question: "M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.5v.7m0 3v.1M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z",
} as const;

export type IconName = keyof typeof kPaths;

export function Icon({ name }: { name: IconName }): JSX.Element {
    return (
        <svg class="icon" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
            <path d={kPaths[name]} />
        </svg>
    );
}
