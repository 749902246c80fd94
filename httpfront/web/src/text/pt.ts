// Português. O tipo Messages obriga às mesmas chaves do inglês.

import type { Messages } from "./en";
import { refusalsInPortuguese } from "./pt_refusals";

/// The refusal of a zip without a program: it names the file that was found instead, and what to change.
function noProgram(entry: string): string {
    const where = "ponha code.py (Python), code.m (MATLAB ou Octave) ou code.R (R) no topo ou na única pasta do topo.";
    const name = entry.toLowerCase();
    if (!entry) return `O zip não tem um programa: ${where}`;
    if (name.endsWith(".ipynb")) return `“${entry}” é um notebook, e notebooks não são executados: salve-o como programa (no Jupyter: File, Save and Export Notebook As, Executable Script) com o nome code.py.`;
    if (/\.(py|m|r)\.(txt|rtf)$/.test(name)) return `“${entry}” tem uma segunda extensão, que o Windows esconde: renomeie-o para code.py ou code.m.`;
    if (/\.(zip|rar|7z|tar|gz|tgz)$/.test(name)) return `“${entry}” é um arquivo compactado dentro do zip: descompacte-o e envie um zip da pasta que contém code.py ou code.m.`;
    return `O zip não tem o programa no lugar esperado (“${entry}”), com o nome code.py ou code.m em letras minúsculas: renomeie-o, ou escolha outro nome com entry = "…" em nias.toml; ${where}`;
}

export const pt: Messages = {
    langName: "Português",
    tagline: "Envie um zip com seu código e seus dados. Receba os resultados.",
    navHome: "Início", navUpload: "Enviar", navResults: "Resultados", skipToContent: "Ir para o conteúdo",
    themeToDark: "Usar o tema escuro", themeToLight: "Usar o tema claro", switchLanguage: "View in English",
    live: "Ao vivo", reconnecting: "Reconectando…",

    homeTitle: "Seu código, na máquina do laboratório que estiver livre.",
    homeText: "Coloque seu programa Python ou MATLAB/Octave e os dados em um zip e envie. Ele roda sozinho, e os gráficos, tabelas e o log voltam para cá.",
    homeAction: "Enviar um trabalho", homeRecent: "Trabalhos recentes", homeAll: "Ver todos",
    homeEmpty: "Nenhum trabalho ainda", homeEmptyText: "Envie seu primeiro zip e ele aparecerá aqui, com o log e os resultados à medida que chegam.",
    queueNow: "Agora", queued: "Na fila", running: "Rodando", ended: "Encerrados",
    stepsTitle: "Como funciona",
    step1: "Compacte a pasta", step1Text: "Um code.py, code.m ou code.R, com os dados ao lado. Um requirements.txt, se precisar de pacotes.",
    step2: "Solte aqui", step2Text: "O zip é conferido na hora. Se algo estiver errado, dizemos o que mudar.",
    step3: "Pegue os resultados", step3Text: "O que o programa gravar em output/ volta, com os gráficos na própria página.",

    uploadTitle: "Enviar um trabalho", uploadDrop: "Solte seus zips aqui", uploadDropNow: "Solte para enviar", uploadOr: "ou",
    uploadPick: "Escolher arquivos", uploadHint: "Um zip por trabalho, ou um só .py, .m ou .R; quantos quiser. O envio começa na hora.",
    uploadInput: "Arquivos zip para enviar", uploadList: "Enviados desta página", uploadClear: "Limpar os concluídos",
    uploadNotZip: (name) => `“${name}” não é um .zip, .py, .m ou .R. Compacte a pasta com o código em um .zip e envie o zip.`,
    uploadEmptyFile: (name) => `“${name}” está vazio e não foi enviado.`,
    upWaiting: "Aguardando envio", upSending: "Enviando", upChecking: "Conferindo…", upAccepted: "Aceito",
    upRefused: "Não aceito", upStopped: "Interrompido", upOf: (a, b) => `${a} de ${b}`,
    upLeft: (time) => `faltam ${time}`, upStop: "Parar", upAgain: "Enviar de novo", upOpenJob: "Abrir o trabalho",
    upEntry: "No zip:", upMended: "Ajustado na entrada:", upProgress: (name) => `Progresso de ${name}`,
    layoutRoot: "projeto.zip", layoutTitle: "O que vai no zip",
    layoutText: "A pasta pode ter qualquer nome. output/ pode faltar ou estar vazia.",
    layoutCode: "seu programa: exatamente um", layoutReq: "pacotes Python (opcional)",
    layoutData: "dados, módulos, o que ele lê", layoutOut: "o que for gravado aqui volta",

    resultsTitle: "Resultados", filterState: "Estado", filterAll: "Todos", search: "Buscar pelo nome",
    searchHint: "Buscar pelo nome…", colName: "Trabalho", colState: "Estado", colSent: "Enviado", colTook: "Duração", colSize: "Resultados",
    select: (name) => `Selecionar ${name}`, selectAll: "Selecionar todos com resultados",
    selected: (n) => (n === 1 ? "1 selecionado" : `${n} selecionados`), downloadSelected: "Baixar selecionados",
    clearSelection: "Limpar", resultsEmpty: "Nada por aqui ainda", resultsEmptyText: "Envie um zip e acompanhe por esta página.",
    resultsNone: "Nenhum trabalho corresponde", resultsNoneText: "Tente outra palavra ou outro estado.",
    resetFilter: "Mostrar todos", loadMore: "Mostrar trabalhos mais antigos", newJobs: "Novos",

    loading: "Carregando…", retry: "Tentar de novo", errorUnreachable: "O servidor não respondeu. Confira sua conexão; esta página continua tentando.",
    errorBusy: (s) => `O servidor não pode recebê-lo agora. Tente de novo em ${s} s.`,
    errorDisk: "O disco do servidor está cheio. Avise quem cuida dele; nada seu se perdeu.",
    errorTooLarge: "O zip é maior do que este servidor aceita.",
    errorOther: (status) => `Algo deu errado (${status}).`,
    notFoundTitle: "Não há nada neste endereço", notFoundText: "O link pode ser antigo ou estar errado.", jobNotFound: "Trabalho não encontrado",
    jobNotFoundText: "Ele pode ter sido apagado, ou não é seu.", goResults: "Ir para os resultados",

    jobBack: "Resultados", jobCancel: "Cancelar o trabalho", jobCancelAsk: "Cancelar este trabalho? O que ele já gravou é mantido, mas ele para.",
    jobCancelYes: "Sim, cancelar", jobCancelNo: "Deixar rodando", jobCancelSent: "Cancelando…",
    jobDownloadAll: "Baixar tudo", jobSentAt: "Enviado", jobStartedAt: "Início", jobEndedAt: "Fim",
    jobElapsed: "Decorrido", jobTook: "Duração", jobWaiting: "Esperando há", jobPlace: "Lugar na fila",
    jobPlaceIs: (n) => (n <= 1 ? "o próximo da fila" : `número ${n} da fila`), jobAtOnce: "na hora", jobWaited: (time) => `após ${time} na fila`,
    jobTookFor: (time) => `após ${time}`, jobWorker: "Máquina", jobAttempt: "Tentativa", jobRuntime: "Ambiente", jobBundle: "Zip enviado",
    jobCpu: "Tempo de processador", jobMemory: "Pico de memória", jobOutput: "Resultados", jobExit: "Código de saída", jobSignal: "Sinal",
    jobWhy: "Motivo", jobWhatHappened: "O que aconteceu", jobNotes: "Observações", jobProgress: "Progresso", jobFacts: "Detalhes",
    jobStateNow: (state) => `Estado: ${state}`,
    logTitle: "Log", logFollow: "Acompanhar", logFind: "Buscar no log", logFindHint: "Buscar…",
    logMatches: (i, n) => (n === 0 ? "nada encontrado" : `${i} de ${n}`), logNext: "Próxima ocorrência", logPrevious: "Ocorrência anterior",
    logEmptyWaiting: "O log começa junto com o trabalho.", logEmptyRunning: "Nada impresso ainda.", logEmptyEnded: "O programa não imprimiu nada.",
    logCut: (n) => `O log é longo: estas são as últimas ${n} linhas. Baixe-o para ler o resto.`, logSave: "Baixar o log",
    logSaveFailed: "Não foi possível buscar o log. Tente de novo.",
    filesTitle: "Resultados", filesEmptyAlive: "Os arquivos gravados em output/ aparecem aqui quando o trabalho termina.",
    filesEmptyEnded: "O programa não deixou nada em output/.", fileDownload: (name) => `Baixar ${name}`,
    fileRecord: "registro da execução", fileCount: (n) => (n === 1 ? "1 arquivo" : `${n} arquivos`), figures: "Figuras", tables: "Tabelas",
    tableFirst: (n) => `Primeiras ${n} linhas`, openFull: "Ver grande", viewerClose: "Fechar", viewerNext: "Próxima", viewerPrevious: "Anterior",
    tableColumns: (n, all) => `${n} de ${all} colunas`, tableNone: "Esta tabela não pode ser mostrada aqui; baixe-a.", filesMore: (n) => `Mostrar todos os ${n} arquivos`,

    states: {
        queued: "Na fila", assigned: "Preparando", running: "Rodando", succeeded: "Concluído", failed: "Falhou",
        cancelled: "Cancelado", timed_out: "Tempo esgotado", lost: "Perdido",
    },
    stateText: {
        queued: "Esperando uma máquina livre.", assigned: "Uma máquina o recebeu e está se preparando.",
        running: "Rodando agora.", succeeded: "Rodou até o fim.", failed: "O programa parou com um erro.",
        cancelled: "Foi cancelado.", timed_out: "Passou do limite de tempo e foi interrompido.",
        lost: "As máquinas que o rodavam falharam vezes demais.",
    },
    causes: {
        out_of_memory: "O programa usou mais memória do que podia e foi interrompido.",
        time_limit: "O programa passou do limite de tempo.", disk_quota: "O programa encheu o disco da máquina.",
        bad_bundle: "Não foi possível usar o zip.", environment: "Não foi possível instalar os pacotes pedidos.",
        fetch: "O zip não pôde ser levado à máquina.", sandbox: "A máquina não conseguiu preparar um lugar seguro para rodá-lo.",
        worker_lost: "A máquina que o rodava parou de responder.", store: "Não foi possível guardar os resultados.",
        signal: "O programa foi interrompido pelo sistema.",
    },

    refusals: {
        ...refusalsInPortuguese,
        no_program: (entry) => noProgram(entry),
        two_projects: () => "O zip tem mais de um projeto: envie cada um em um zip próprio.",
        outside: (entry) => `“${entry}” está fora da pasta que contém o programa: ponha tudo o que o trabalho usa nessa pasta e compacte essa pasta.`,
        two_programs: () => "O zip tem dois programas, como code.py e code.m: tire um deles ou escolha com entry = \"code.py\" em nias.toml.",
        broken_zip: () => "O zip está danificado ou incompleto: compacte de novo e envie outra vez.",
        split_zip: () => "O zip é uma de várias partes: envie um arquivo só.",
        encrypted: (entry) => `“${entry}” está protegido por senha: envie o zip sem senha.`,
        not_a_file: (entry) => `“${entry}” é um atalho (link): substitua-o pelo próprio arquivo.`,
        path_escapes: (entry) => `“${entry}” aponta para fora da pasta: compacte a própria pasta do projeto.`,
        too_deep: (entry) => `“${entry}” está em mais de 32 pastas de profundidade: use menos pastas.`,
        too_many_files: () => "O zip tem arquivos demais: envie só o que o programa lê.",
        too_large: () => "Descompactado, o zip passa do limite: deixe de fora o que o programa não lê.",
        twice: (entry) => `“${entry}” aparece duas vezes no zip: compacte de novo.`,
        bad_name: (entry) => `Um nome dentro do zip não serve${entry ? ` (“${entry}”)` : ""}: renomeie o arquivo e compacte de novo.`,
    },
};
