// Portuguese words for those who begin: examples, and how a program sends jobs.

import type { StartMessages } from "./en";

export const pt: StartMessages = {
    examplesTitle: "Experimente um exemplo", examplesText: "Trabalhos pequenos que rodam como estão. Envie um para ver como é, ou parta do zip dele.",
    examples: {
        ecg: ["Gráfico em Python", "Picos R e variabilidade da frequência cardíaca de um eletrocardiograma: uma figura e duas tabelas."],
        "eeg-octave": ["Filtros em Octave", "Passa-banda, notch e espectro de Welch de um sinal de EEG que está no zip."],
        array: ["Série", "Um programa, executado para cada um de seis índices; todos os resultados voltam juntos."],
        packages: ["Pacotes", "requirements.txt indica um pacote, que é instalado para este trabalho."],
    },
    send: "Enviar", sendOf: (title) => `Enviar o exemplo ${title}`, downloadOf: (title) => `Baixar o exemplo ${title}`,
    snippetsTitle: "A partir de um programa", copy: "Copiar", copied: "Copiado", clientIs: "O cliente é um arquivo só:", tokenIs: "NIAS_TOKEN é um token seu, que você cria na página", tokenWhere: "Conta",
    fingerprint: "Se o próprio servidor criou o certificado, o programa precisa da impressão digital dele, que vem do administrador (fingerprint=\"AB:CD:…\"; curl: --cacert).",
};
