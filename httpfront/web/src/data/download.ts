// Hands files to the browser's download list.

const kBetweenDownloadsMs = 350; // browsers drop all but the last of downloads begun together

function click(href: string, name: string): void {
    const link = document.createElement("a");
    link.href = href;
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
}

/// One after another, under the names that the server gives them.
export function saveEach(urls: readonly string[]): void {
    urls.forEach((url, index) => window.setTimeout(() => click(url, ""), index * kBetweenDownloadsMs));
}

export function saveBlob(blob: Blob, name: string): void {
    const url = URL.createObjectURL(blob);
    click(url, name);
    window.setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser may still be reading it
}
