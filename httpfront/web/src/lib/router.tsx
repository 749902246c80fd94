// Addresses without a library: /, /upload, /results, /jobs/ID. Links stay real links.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

export function navigate(path: string): void {
    window.dispatchEvent(new Event("nias:leaving"));
    if (path !== location.pathname + location.search) history.pushState(null, "", path);
    window.dispatchEvent(new Event("nias:moved"));
    window.scrollTo(0, 0);
}

export function usePath(): string {
    const [path, setPath] = useState(location.pathname);
    useEffect(() => {
        const moved = (): void => setPath(location.pathname);
        window.addEventListener("popstate", moved);
        window.addEventListener("nias:moved", moved);
        return () => {
            window.removeEventListener("popstate", moved);
            window.removeEventListener("nias:moved", moved);
        };
    }, []);
    return path;
}

interface LinkProps {
    to: string;
    class?: string;
    current?: boolean;
    label?: string; // for one that shows an icon alone
    tabIndex?: number;
    children?: ComponentChildren;
}

export function Link({ to, current, label, children, ...rest }: LinkProps): JSX.Element {
    const follow = (event: MouseEvent): void => {
        if (event.defaultPrevented || event.button !== 0) return;
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        navigate(to);
    };
    return <a href={to} onClick={follow} {...(current ? { "aria-current": "page" as const } : {})}
        {...(label ? { "aria-label": label, title: label } : {})} {...rest}>{children}</a>;
}
