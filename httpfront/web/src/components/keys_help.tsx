// The keys of these pages, in words, and the switch that turns them off.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { keysAreOn, setKeys } from "../lib/keys";
import { useSpeech } from "../text";

export function KeysHelp({ onClose }: { onClose: () => void }): JSX.Element {
    const { t } = useSpeech();
    const box = useRef<HTMLDialogElement>(null);
    const [on, setOn] = useState(keysAreOn);
    useEffect(() => box.current?.showModal(), []);
    const rows: [string, string][] = [["/", t.keySearch], ["j", t.keyNext], ["k", t.keyPrevious], ["u", t.keyUp], ["?", t.keyHelp]];
    return (
        <dialog class="viewer keys" ref={box} onClose={onClose} aria-labelledby="keys">
            <div class="viewer-bar"><h2 id="keys" class="viewer-name">{t.keysTitle}</h2>
                <button type="button" class="button button-small" onClick={() => box.current?.close()}>{t.viewerClose}</button></div>
            <dl>{rows.map(([key, said]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{said}</dd></div>)}</dl>
            <label class="tick"><input type="checkbox" checked={on} onChange={(event) => {
                setKeys(event.currentTarget.checked);
                setOn(event.currentTarget.checked);
            }} />{t.keysOn}</label>
        </dialog>
    );
}
