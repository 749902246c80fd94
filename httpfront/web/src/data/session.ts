// The session for all of the page: asked for at the start, and again when a request was refused.

import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { getSession, type Session } from "./account";
import { ApiError, kSignedOut } from "./api";
import { kFoundAgain } from "./connection";

const kRetryMs = 4000;

export interface SessionState {
    session: Session | null; // null: not known yet
    error: ApiError | null;
    setSession: (session: Session) => void;
}

export const SessionContext = createContext<SessionState>({ session: null, error: null, setSession: () => undefined });

export function useSession(): SessionState {
    return useContext(SessionContext);
}

/// The state for the one provider.
export function useSessionState(): SessionState {
    const [session, setSession] = useState<Session | null>(null);
    const [error, setError] = useState<ApiError | null>(null);
    const [turn, setTurn] = useState(0);
    useEffect(() => {
        let timer = 0;
        let gone = false;
        getSession().then((answer) => {
            if (gone) return;
            setSession(answer);
            setError(null);
        }).catch((problem: unknown) => {
            if (gone) return;
            setError(problem instanceof ApiError ? problem : new ApiError(0, String(problem), ""));
            timer = window.setTimeout(() => setTurn((value) => value + 1), kRetryMs);
        });
        return () => {
            gone = true;
            window.clearTimeout(timer);
        };
    }, [turn]);
    useEffect(() => {
        const again = (): void => setTurn((value) => value + 1);
        window.addEventListener(kSignedOut, again);
        window.addEventListener(kFoundAgain, again); // it may be another server, or another session
        return () => {
            window.removeEventListener(kSignedOut, again);
            window.removeEventListener(kFoundAgain, again);
        };
    }, []);
    return { session, error, setSession };
}
