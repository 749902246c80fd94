// How a program sends a job to this very server: by curl, from Python, from Octave or MATLAB, by nias itself.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useSession } from "../../data/session";
import { Link } from "../../lib/router";
import { useStartWords } from "../../text/start";
import { Icon } from "../icon";

const kWays = ["curl", "Python", "Octave", "nias"] as const;
type Way = (typeof kWays)[number];

/// The lines for one way. They work as they stand, with a token in NIAS_TOKEN where one is needed.
export function snippetOf(way: Way, address: string, token: boolean): string {
    const who = token ? ' -H "Authorization: Bearer $NIAS_TOKEN"' : "";
    if (way === "curl") {
        return [
            `ID=$(curl -sS --fail-with-body${who} -F file=@study.zip ${address}/api/v1/jobs | grep -o '"id":"[^"]*' | cut -d'"' -f4)`,
            `curl -sS${who} "${address}/api/v1/jobs/$ID?wait=60"`,
            `curl -sS${who} -o results.zip ${address}/api/v1/jobs/$ID/output`,
        ].join("\n");
    }
    if (way === "Python") {
        return [
            `# ${address}/nias.py`,
            "import os, nias",
            `lab = nias.Client("${address}"${token ? ', os.environ["NIAS_TOKEN"]' : ""})`,
            'job = lab.submit("study/")',
            'files = job.wait().outputs("results/")',
        ].join("\n");
    }
    if (way === "nias") return [`nias login ${address}`, "nias submit study --wait --output results"].join("\n");
    return [
        `% ${address}/nias.m`,
        `lab = nias('${address}', ${token ? "getenv('NIAS_TOKEN')" : "''"});`,
        "job = lab.wait(lab.submit('study'));",
        "files = lab.outputs(job, 'results');",
    ].join("\n");
}

export function Snippets(): JSX.Element {
    const words = useStartWords();
    const token = Boolean(useSession().session?.user);
    const [way, setWay] = useState<Way>("curl");
    const [copied, setCopied] = useState(false);
    const text = snippetOf(way, location.origin, token);
    const copy = (): void => {
        navigator.clipboard?.writeText(text).then(() => setCopied(true), () => setCopied(false));
    };
    const client = way === "Python" ? "nias.py" : way === "Octave" ? "nias.m" : "";
    return (
        <section class="card start" aria-labelledby="snippets">
            <div class="section-head">
                <h2 id="snippets">{words.snippetsTitle}</h2>
                <div class="chips" role="group" aria-label={words.snippetsTitle}>
                    {kWays.map((each) => (
                        <button type="button" class="chip" key={each} aria-pressed={way === each} onClick={() => { setWay(each); setCopied(false); }}>{each === "Octave" ? "Octave · MATLAB" : each}</button>
                    ))}
                </div>
            </div>
            <div class="snippet">
                <pre tabIndex={0} aria-label={way}><code>{text}</code></pre>
                {navigator.clipboard && (
                    <button type="button" class="button button-small" onClick={copy}>{copied ? <Icon name="check" /> : null}<span role="status">{copied ? words.copied : words.copy}</span></button>
                )}
            </div>
            <p class="hint">
                {client && <>{words.clientIs} <a href={`/${client}`} download={client}>{client}</a>. </>}
                {location.protocol === "https:" && <>{words.fingerprint} </>}
                {token && way !== "nias" && <>{words.tokenIs} <Link to="/account">{words.tokenWhere}</Link>.</>}
            </p>
        </section>
    );
}
