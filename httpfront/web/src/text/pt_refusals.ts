// As recusas do servidor, que fala inglês, em português: frase por frase, com os nomes e números que ele diz. O que não se conhece fica
// como ele o disse.

type Rule = [RegExp, (...found: string[]) => string];

const kKinds: Record<string, string> = {
    "a RAR archive": "um arquivo RAR", "a 7z archive": "um arquivo 7z", "a gzip file (.gz or .tar.gz)": "um arquivo gzip (.gz ou .tar.gz)",
    "a bzip2 file (.bz2 or .tar.bz2)": "um arquivo bzip2 (.bz2 ou .tar.bz2)", "an xz file (.xz or .tar.xz)": "um arquivo xz (.xz ou .tar.xz)",
    "a Zstandard file (.zst)": "um arquivo Zstandard (.zst)", "an LZMA file (.lzma)": "um arquivo LZMA (.lzma)", "an lzip file (.lz)": "um arquivo lzip (.lz)",
    "a file of compress (.Z)": "um arquivo de compress (.Z)", "a tar archive": "um arquivo tar", "an LHA archive": "um arquivo LHA",
    "an ARJ archive": "um arquivo ARJ", "a cabinet file (.cab)": "um arquivo .cab", "a PDF document": "um documento PDF", "a document of Office": "um documento do Office",
    "a data file of MATLAB (.mat)": "um arquivo de dados do MATLAB (.mat)", "an HDF5 file (.h5 or .mat)": "um arquivo HDF5 (.h5 ou .mat)",
    "an array of NumPy (.npy)": "uma matriz do NumPy (.npy)", "a picture (PNG)": "uma imagem (PNG)", "a picture (JPEG)": "uma imagem (JPEG)",
    "a program of Linux": "um programa do Linux",
};
const kind = (words: string): string => kKinds[words] ?? words;

const kNotAZip: Rule[] = [
    [/^The file is (.+), whatever its name says; NIAS takes zip/, (what) => `O arquivo é ${kind(what)}, seja qual for o nome; o NIAS aceita zip: descompacte-o e faça um .zip da pasta.`],
    [/^The file is plain text/, () => "O arquivo é texto simples, seja qual for o nome: envie um programa sozinho com o próprio nome (como analise.py ou analise.m), ou um zip da pasta que o contém."],
    [/^The file is a web page/, () => "O arquivo é uma página da web, como a que fica quando um download falha: envie o próprio zip."],
    [/^The file is a notebook of Jupyter/, () => "O arquivo é um notebook do Jupyter: salve-o como programa (File, Save and Export Notebook As, Executable Script) e envie isso como code.py."],
    [/^The file is (.+?): put it into the folder/, (what) => `O arquivo é ${kind(what)}: ponha-o na pasta do programa e envie um zip dessa pasta.`],
];

/// Why a line of requirements.txt is not taken.
const kLine: Rule[] = [
    [/^packages come from the lab's own index/, () => "os pacotes vêm do índice ou da pasta de pacotes do laboratório, que o administrador escolhe: tire a linha"],
    [/^nothing is installed from a folder or an address/, () => "nada é instalado de uma pasta ou de um endereço; os módulos ao lado do programa são achados como estão: tire a linha"],
    [/^other files are not read: write the (lines|versions) of (.+) into this one/, (_, file) => `outros arquivos não são lidos: copie para este as linhas de ${file}`],
    [/^the option --pre is not taken/, () => "a opção --pre não é aceita: escreva a versão desejada, como nome==2.0rc1"],
    [/^options of pip are not taken/, () => "opções do pip não são aceitas: tire a linha"],
    [/^only wheels \(\.whl\) are installed from the bundle/, () => "do zip só se instalam wheels (.whl): escreva o nome e a versão do pacote, sem caminho"],
    [/^put the wheel into the bundle/, () => "ponha o wheel dentro do zip e escreva o caminho a partir dali, como ./nome.whl"],
    [/^it is no name of a wheel/, () => "não é o nome de um wheel (nome-versão-python-abi-sistema.whl): mantenha o nome com que ele foi baixado"],
    [/^this wheel is built for (\w+)/, (system) => `este wheel é para ${system}, e os trabalhos rodam no Linux: escreva o nome e a versão do pacote, ou ponha o wheel para Linux`],
    [/^it is a place on the computer where the list was made.*: write (.+)$/, (cure) => `é um lugar do computador em que a lista foi feita, como o conda e o pip freeze escrevem: escreva ${orWord(cure)}`],
    [/^packages come from the lab's index and from no other address: write (.+?), or put its wheel/, (cure) => `os pacotes vêm do índice do laboratório e de nenhum outro endereço: escreva ${orWord(cure)}, ou ponha o wheel no zip e escreva ./nome.whl`],
    [/^variables are not known here/, () => "variáveis não são conhecidas aqui: escreva o que se quer"],
    [/^(.+) is part of Python: remove the line/, (name) => `${name} já faz parte do Python: tire a linha`],
    [/^the version of Python is the machine's/, () => "a versão do Python é a da máquina: tire a linha"],
    [/^the package that brings (.+) is called (.+): write/, (module, name) => `o pacote que traz ${module} se chama ${name}: escreva ${name}`],
    [/^line (\d+) asks for "(.+)", and no version is both/, (line, other) => `a linha ${line} pede “${other}”, e nenhuma versão atende às duas: fique com uma delas`],
    [/^no version can be both (.+) and (.+): keep one/, (one, other) => `nenhuma versão pode ser ${one} e ${other}: fique com uma das duas`],
    [/^it is more than one package/, () => "é mais de um pacote: escreva cada um em uma linha"],
    [/^one = is conda's way to write it: write (.+)$/, (cure) => `um = só é do conda: escreva ${cure}`],
    [/^this is conda's way to write it: write (.+)$/, (cure) => `assim o conda escreve: escreva ${cure}`],
    [/^it is a command/, () => "é um comando: escreva só o nome do pacote"],
    [/^it is a line of a program/, () => "é uma linha de programa: escreva só o nome do pacote"],
    [/^write it without quotes/, () => "escreva sem aspas"],
    [/^what follows (.+) is not understood: write it like (.+)$/, (name, like) => `não se entende o que vem depois de ${name}: escreva como ${like}`],
    [/^it does not begin with the name of a package/, () => "não começa com o nome de um pacote: escreva como numpy ou numpy==1.26.4"],
    [/^a version is missing after (\S+):/, (op) => `falta uma versão depois de ${op}: escreva uma, ou só o nome para a mais nova`],
    [/^"(.+)" is no version for (\S+): write one like (\S+)/, (version, _, like) => `“${version}” não é uma versão: escreva como ${like}, ou só o nome para a mais nova`],
    [/^it has the sign (.+): write (.+)$/, (odd, plain) => `tem o sinal ${odd}: escreva ${plain}`],
    [/^write (\S+)(?:, with the = behind)?$/, (cure) => `escreva ${cure}`],
];

const kWords: Record<string, string> = {
    "a text in quotes": "um texto entre aspas", "a list of texts": "uma lista de textos", "a table [env]": "uma tabela [env]", "a table [resources]": "uma tabela [resources]",
    "at most 200 bytes long": "um texto de no máximo 200 bytes",
};
const kManifest: Rule[] = [
    [/^nias\.toml: the key "(.+)" is not known; is (.+) meant\?$/, (key, near) => `nias.toml: a chave “${key}” não é conhecida; quis dizer ${near}?`],
    [/^nias\.toml: the key "(.+)" is not known; known are (.+)\.$/, (key, all) => `nias.toml: a chave “${key}” não é conhecida; as conhecidas são ${all}.`],
    [/^nias\.toml: memory must be at least 16 MiB, and (.+) means (\d+) bytes/, (said, bytes) => `nias.toml: memory deve ser de pelo menos 16 MiB, e ${said} quer dizer ${bytes} bytes: escreva a unidade, como memory = "4 GiB".`],
    [/^nias\.toml: (\S+) must be a text with a unit, like (.+)\.$/, (key, like) => `nias.toml: ${key} deve ser um texto com a unidade, como ${like}.`],
    [/^nias\.toml: (\S+): (".*") is not understood: write it like (.+)\.$/, (key, said, like) => `nias.toml: ${key}: não se entende ${said}; escreva como ${like}.`],
    [/^nias\.toml: (\S+) must be a whole number from (\d+) to (\d+)\.$/, (key, least, most) => `nias.toml: ${key} deve ser um número inteiro de ${least} a ${most}.`],
    [/^nias\.toml: (\S+) must be one of (.+), not (".*")\.$/, (key, all, said) => `nias.toml: ${key} deve ser um destes: ${all}; não ${said}.`],
    [/^nias\.toml: time_limit must be from 1 second/, () => "nias.toml: time_limit deve ser de 1 segundo a 366 dias, como \"2h\"; sem a linha vale o limite do laboratório."],
    [/^nias\.toml: (\[env\] \S+) must be left out/, (key) => `nias.toml: ${key} deve ser tirado: o próprio servidor define essas variáveis.`],
    [/^nias\.toml: environment must be the name/, () => "nias.toml: environment deve ser o nome de um ambiente que o administrador fez, como \"eeg\"; as variáveis do programa ficam em uma tabela [env]."],
    [/^nias\.toml: (.+) must be (.+)\.$/, (key, what) => `nias.toml: ${key} deve ser ${kWords[what] ?? what}.`],
    [/^nias\.toml, line (\d+): .*write straight quotes/s, (line) => `nias.toml, linha ${line}: use aspas retas, como "4 GiB".`],
    [/^nias\.toml, line (\d+): .*write = between/s, (line) => `nias.toml, linha ${line}: escreva = entre a chave e o valor, como memory = "4 GiB".`],
    [/^nias\.toml, line (\d+): .*texts stand in quotes/s, (line) => `nias.toml, linha ${line}: textos ficam entre aspas, como memory = "4 GiB".`],
    [/^nias\.toml, line (\d+): (.+)$/s, (line, words) => `nias.toml, linha ${line}: não se consegue ler (${words})`],
    [/^nias\.toml is larger than/, () => "nias.toml é maior que 64 KiB: ele tem só algumas linhas."],
];

const orWord = (words: string): string => words.replace(/, or /g, " ou ").replace("==version", "==versão").replace("the package's name and version", "o nome e a versão do pacote");

function byRules(rules: Rule[], words: string): string | null {
    for (const [pattern, say] of rules) {
        const found = pattern.exec(words);
        if (found) return say(...found.slice(1));
    }
    return null;
}

/// Each line that is not taken, with its number.
function requirements(detail: string): string {
    const said: string[] = [];
    for (const found of detail.matchAll(/requirements\.txt, line (\d+): "(.*?)": (.*?)\.(?= requirements\.txt, line \d| \d+ more lines? |$)/gs)) {
        const [, line = "", text = "", why = ""] = found;
        said.push(`requirements.txt, linha ${line}: “${text}”: ${byRules(kLine, why) ?? why}.`);
    }
    const more = /(\d+) more lines? cannot be taken either\.$/.exec(detail);
    if (more) said.push(`Mais ${more[1]} também não ${more[1] === "1" ? "é aceita" : "são aceitas"}.`);
    if (said.length > 0) return said.join(" ");
    const wheel = /names the wheel "(.+)", but the zip does not hold it/.exec(detail);
    if (wheel) return `requirements.txt pede o wheel “${wheel[1]}”, mas ele não está no zip: ponha-o ali, ou escreva o nome e a versão do pacote.`;
    if (/larger than/.test(detail)) return "requirements.txt é grande demais: ele tem só nomes de pacotes.";
    if (/more than 1000 packages/.test(detail)) return "requirements.txt tem mais de 1000 pacotes: escreva os que o programa importa; o pip acha o que eles precisam.";
    return detail;
}

export const refusalsInPortuguese: Record<string, (entry: string, detail: string) => string> = {
    not_a_zip: (_, detail) => byRules(kNotAZip, detail) ?? detail,
    manifest: (_, detail) => byRules(kManifest, detail) ?? detail,
    requirements: (_, detail) => requirements(detail),
    method: (entry) => `“${entry}” foi compactado com um método que não é lido aqui: escolha o método Deflate e compacte de novo (no 7-Zip: formato zip, método Deflate).`,
    runtime: (entry) => `“${entry}” não pode ser rodado assim: um programa Python termina em .py, um de MATLAB ou Octave em .m, um de R em .R; confira runtime e environment em nias.toml.`,
};
