function lab = nias(server, token, varargin)
% NIAS  Sends jobs to a NIAS server and fetches what they wrote. For GNU Octave 7 and MATLAB R2017b, and later.
%
%   lab = nias('https://lab:8080', 'nias_...', 'fingerprint', 'AB:CD:...');
%   job = lab.wait(lab.submit('study'));
%   files = lab.outputs(job, 'results');
%
% lab.submit(path)          sends a zip, a folder, or a program alone (.m, .py), and returns the job once it is queued
% lab.wait(job, seconds)    returns when it has ended; an error where it did not succeed. Seconds may be left out
% lab.ended(job, seconds)   the same without that error
% lab.outputs(job, folder)  fetches all files of its output, and returns their paths
% lab.log(job)              what its program printed
% lab.job(id)               a job as it stands: fields id, name, state, reason, outcome, ... (docs/http.md)
% lab.jobs()                the newest jobs, as a struct array;  lab.cancel(job);  lab.rerun(job)
%
% nias() without arguments takes NIAS_SERVER, NIAS_TOKEN, NIAS_FINGERPRINT and NIAS_CA_FILE, else what `nias login` kept.
% Options: 'fingerprint' (SHA-256 of the server's certificate), 'ca_file' (certificates to trust), 'patience' (seconds
% that a server may be away, 60), 'language' ('en', 'pt'). What the server refuses is an error with the identifier
% nias:CODE. It needs the program curl, 7.88 or later, which speaks what urlread and webwrite do not: PATCH, certificates
% of one's own, and files that are no text.
  if nargin < 1, server = ''; end
  if nargin < 2, token = ''; end
  asked = struct('fingerprint', '', 'ca_file', '', 'patience', 60, 'language', 'en');
  for k = 1:2:numel(varargin), asked.(varargin{k}) = varargin{k + 1}; end
  lab = settle(char(server), char(token), asked);
  lab.url = regexprep(lab.url, '/+$', '');
  check_url(lab.url);
  lab.patience = asked.patience;
  lab.language = asked.language;
  if ~isempty(lab.fingerprint), [lab.ca_file, lab.cleaner] = pinned(lab); end
  c = lab;
  lab.submit = @(path) submit(c, char(path));
  lab.job = @(id) ask_json(c, 'GET', ['/api/v1/jobs/' id_of(id)]);
  lab.jobs = @() jobs(c);
  lab.ended = @(job, varargin) ended(c, job, varargin{:});
  lab.wait = @(job, varargin) succeeded(ended(c, job, varargin{:}));
  lab.log = @(job) native2unicode(ask(c, 'GET', ['/api/v1/jobs/' id_of(job) '/log']).body, 'UTF-8');
  lab.outputs = @(job, varargin) outputs(c, id_of(job), varargin{:});
  lab.cancel = @(job) ask_json(c, 'POST', ['/api/v1/jobs/' id_of(job) '/cancel']);
  lab.rerun = @(job) ask_json(c, 'POST', ['/api/v1/jobs/' id_of(job) '/rerun'], {['Idempotency-Key: ' random_name()]});
end

% Jobs

function job = submit(c, path)
  [bundle, name, cleaner] = bundle_of(path); %#ok<ASGLU> the zip is removed when the cleaner goes
  upload = send_upload(c, bundle, name);
  job = ask_json(c, 'POST', '/api/v1/jobs', {'Content-Type: application/json'}, jsonencode(struct('upload', upload)));
end

function list = jobs(c)
  list = ask_json(c, 'GET', '/api/v1/jobs?limit=200');
  list = list.jobs;
end

function job = ended(c, job, seconds)
  if nargin < 3, seconds = Inf; end
  id = id_of(job);
  begun = tic();
  while true
    left = min(25, ceil(seconds - toc(begun)));
    if left <= 0, error('nias:timeout', 'job %s has not ended after %g s', id, seconds); end
    job = ask_json(c, 'GET', sprintf('/api/v1/jobs/%s?wait=%d', id, left));
    if any(strcmp(job.state, {'succeeded', 'failed', 'cancelled', 'timed_out', 'lost'})), return; end
  end
end

function job = succeeded(job)
  if strcmp(job.state, 'succeeded'), return; end
  why = job.reason;
  if isstruct(job.outcome) && ~isempty(job.outcome.error), why = job.outcome.error; end
  error('nias:job_failed', 'job %s (%s): %s: %s', job.id, job.name, job.state, why);
end

function paths = outputs(c, id, folder)
  if nargin < 3, folder = id; end
  listed = ask_json(c, 'GET', ['/api/v1/jobs/' id '/files']);
  paths = cell(1, numel(listed.files));
  requests = {};
  for k = 1:numel(listed.files)
    path = listed.files(k).path;
    parts = strsplit(path, '/');
    if any(ismember(parts, {'', '.', '..'})) || any(path == '\' | path == ':')
      error('nias:output', 'the output holds %s, which would lie outside of %s: nothing is written', path, folder);
    end
    paths{k} = fullfile(folder, parts{:});
    requests{end + 1} = {['/api/v1/jobs/' id '/files/' strjoin(cellfun(@percent, parts, 'UniformOutput', false), '/')], paths{k}}; %#ok<AGROW>
  end
  if ~isfolder(folder), mkdir(folder); end
  for first = 1:100:numel(requests)  % a hundred over one connection
    fetch(c, requests(first:min(end, first + 99)));
  end
  for k = 1:numel(paths)
    there = dir(paths{k});
    if isempty(there) || there(1).bytes ~= listed.files(k).size_bytes
      error('nias:output', '%s did not arrive whole: fetch the outputs again', paths{k});
    end
  end
end

function id = id_of(job)
  if isstruct(job), job = job.id; end
  id = char(job);
  if isempty(regexp(id, '^[0-9a-f]{32}$', 'once')), error('nias:invalid', '%s is no job: its id has 32 digits', id); end
end

% Uploads: tus 1.0.0, in pieces that the server confirms

function id = send_upload(c, path, name)
  version = 'Tus-Resumable: 1.0.0';
  bytes = dir(path);
  bytes = bytes(1).bytes;
  metadata = ['filename ' base64(unicode2native(name, 'UTF-8'))];
  made = ask(c, 'POST', '/api/v1/uploads', {version, sprintf('Upload-Length: %d', bytes), ['Upload-Metadata: ' metadata]});
  location = regexp(header(made, 'location'), '/api/v1/uploads/[0-9a-f]+$', 'match', 'once');
  offset = 0;
  begun = tic();
  file = fopen(path, 'r');
  closer = onCleanup(@() fclose(file)); %#ok<NASGU>
  while offset < bytes
    fseek(file, offset, 'bof');
    piece = fread(file, 8 * 2^20, '*uint8');
    sent = ask_once(c, 'PATCH', location, {version, 'Content-Type: application/offset+octet-stream', sprintf('Upload-Offset: %d', offset), ...
                    ['Upload-Checksum: sha256 ' base64(from_hex(sha256(piece)))]}, piece);
    if sent.status == 204
      offset = str2double(header(sent, 'upload-offset'));
      begun = tic();
      continue;
    end
    passes = any(sent.status == [0 409 423 429 460 503 507]);
    if ~passes || toc(begun) > c.patience, refuse(c, sent); end
    pause(min(5, 0.2 + toc(begun) / 4));
    offset = str2double(header(ask(c, 'HEAD', location, {version}), 'upload-offset'));
  end
  id = regexp(location, '[0-9a-f]+$', 'match', 'once');
end

function [path, name, cleaner] = bundle_of(path)
  cleaner = [];
  if isfolder(path)
    [~, name] = fileparts(regexprep(absolute(path), '[/\\]+$', ''));
    zipped = [tempname() '.zip'];
    cleaner = onCleanup(@() delete(zipped));
    zip_folder(path, name, zipped);
    path = zipped;
    name = [name '.zip'];
  elseif exist(path, 'file')
    [~, name, ending] = fileparts(path);
    name = [name ending];
  else
    error('nias:not_found', '%s does not exist: name a folder, a zip, or a program', path);
  end
end

function path = absolute(path)
  here = cd(path);
  path = pwd();
  cd(here);
end

% A zip of a folder, without hidden files and without what is in output/. Neither Octave nor MATLAB needs another program
% for it: gzip deflates each file, and what it wrote is put between the records of a zip.
function zip_folder(folder, top, zipped)
  members = members_of(folder, '');
  out = fopen(zipped, 'w', 'ieee-le');
  closer = onCleanup(@() fclose(out));
  directory = {};
  for k = 1:numel(members)
    name = unicode2native([top '/' members{k}], 'UTF-8');
    at = ftell(out);
    [deflated, crc, bytes] = deflate(fullfile(folder, members{k}));
    if at + numel(deflated) > 2^32 - 2^20, error('nias:too_large', '%s is too large for this: zip it, and send the zip', folder); end
    record = [words16(20, 2048, 8, 0, 33), crc, words32(numel(deflated), bytes), words16(numel(name), 0)];
    fwrite(out, [80 75 3 4 record double(name)], 'uint8');
    fwrite(out, deflated, 'uint8');
    directory{end + 1} = [80 75 1 2 words16(20) record words16(0, 0, 0) words32(0, at) double(name)]; %#ok<AGROW>
  end
  if numel(members) > 65534, error('nias:too_large', '%s has too many files for this: zip it, and send the zip', folder); end
  at = ftell(out);
  fwrite(out, [directory{:}], 'uint8');
  fwrite(out, [80 75 5 6 words16(0, 0, numel(members), numel(members)) words32(ftell(out) - at, at) words16(0)], 'uint8');
  clear closer;
end

function [deflated, crc, bytes] = deflate(path)
  there = dir(path);
  bytes = there(1).bytes;
  if bytes >= 2^32 - 1, error('nias:too_large', '%s is too large for this: zip it, and send the zip', path); end
  if bytes == 0, deflated = [3 0]; crc = [0 0 0 0]; return; end
  folder = tempname();
  mkdir(folder);
  cleaner = onCleanup(@() remove_folder(folder)); %#ok<NASGU>
  made = gzip(path, folder);
  file = fopen(made{1}, 'r');
  packed = fread(file, Inf, '*uint8')';
  fclose(file);
  begin = 11;  % behind a gzip head, whose name ends with a zero
  if bitand(packed(4), 8), begin = begin + find(packed(11:end) == 0, 1); end
  deflated = packed(begin:end - 8);
  crc = double(packed(end - 7:end - 4));
end

function remove_folder(folder)
  delete(fullfile(folder, '*'));
  rmdir(folder);
end

function members = members_of(folder, inner)
  members = {};
  listed = dir(fullfile(folder, inner));
  [~, order] = sort({listed.name});
  for entry = listed(order)'
    if entry.name(1) == '.', continue; end
    path = entry.name;
    if ~isempty(inner), path = [inner '/' entry.name]; end
    if ~entry.isdir
      members{end + 1} = path; %#ok<AGROW>
    elseif ~strcmp(path, 'output')
      if numel(strsplit(path, '/')) > 60, error('nias:invalid', '%s lies too deep: is there a link that leads round in a circle?', path); end
      members = [members, members_of(folder, path)]; %#ok<AGROW>
    end
  end
end

function bytes = words16(varargin), bytes = double(typecast(uint16([varargin{:}]), 'uint8')); end

function bytes = words32(varargin), bytes = double(typecast(uint32([varargin{:}]), 'uint8')); end

% Settings

function lab = settle(server, token, asked)
  sources = {struct('server', server, 'token', token, 'fingerprint', asked.fingerprint, 'ca_file', asked.ca_file), ...
             struct('server', getenv('NIAS_SERVER'), 'token', getenv('NIAS_TOKEN'), 'fingerprint', getenv('NIAS_FINGERPRINT'), ...
                    'ca_file', getenv('NIAS_CA_FILE'))};
  kept = read_login();
  if ~isempty(kept), sources{end + 1} = kept; end
  lab = struct('url', '', 'token', '', 'fingerprint', '', 'ca_file', '');
  for k = 1:numel(sources)
    sources{k}.server = regexprep(sources{k}.server, '/+$', '');
    if isempty(lab.url), lab.url = sources{k}.server; end
  end
  for k = 1:numel(sources)  % a source that names another server tells nothing of this one
    from = sources{k};
    if ~isempty(from.server) && ~strcmp(from.server, lab.url), continue; end
    if isempty(lab.token), lab.token = from.token; end
    if isempty(lab.fingerprint) && isempty(lab.ca_file)
      lab.fingerprint = from.fingerprint;
      lab.ca_file = from.ca_file;
    end
  end
  if isempty(lab.url), error('nias:invalid', 'no server is named: give its URL, set NIAS_SERVER, or run «nias login URL»'); end
end

function kept = read_login()
  kept = [];
  path = getenv('NIAS_LOGIN_FILE');
  if isempty(path)
    folder = getenv('XDG_CONFIG_HOME');
    if isempty(folder), folder = fullfile(getenv('HOME'), '.config'); end
    path = fullfile(folder, 'nias', 'login.json');
  end
  if exist(path, 'file'), kept = jsondecode(fileread(path)); end
end

function check_url(url)
  parts = regexp(url, '^(https?)://(\[[0-9a-fA-F:]+\]|[^/:?#\s"\\]+)(:\d+)?$', 'tokens', 'once');
  if isempty(parts), error('nias:invalid', '%s is no address of a server: it looks like https://lab.example:8080', url); end
  if strcmp(parts{1}, 'http') && ~any(strcmp(parts{2}, {'localhost', '127.0.0.1', '[::1]'}))
    error('nias:invalid', '%s would be asked in clear, and others could read the token: use https://', url);
  end
end

% The server's certificate in a file, if it is the one that is expected: from then on it alone is trusted. Nothing but the
% handshake was said before.
function [path, cleaner] = pinned(c)
  wanted = upper(strrep(c.fingerprint, ':', ''));
  if numel(wanted) ~= 64, error('nias:invalid', 'a fingerprint is 64 hexadecimal digits (SHA-256), with colons or without'); end
  null = '/dev/null';
  if ispc(), null = 'NUL'; end
  [~, shown] = run_curl({'insecure', 'silent', option('output', null), option('write-out', '%{certs}'), option('url', [c.url '/healthz'])});
  pem = regexp(shown, '-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----', 'tokens', 'once');
  if isempty(pem), error('nias:unreachable', '%s does not answer, or curl is older than 7.88', c.url); end
  found = upper(sha256(matlab.net.base64decode(regexprep(pem{1}, '\s', ''))));
  if ~strcmp(found, wanted)
    error('nias:untrusted', '%s shows a certificate with the fingerprint %s, which is not the one that was named: ask its administrator', c.url, found);
  end
  path = fullfile(tempdir(), ['nias-' random_name() '.pem']);
  cleaner = onCleanup(@() remove_files({path}));
  write_privately(path, unicode2native(sprintf('-----BEGIN CERTIFICATE-----%s-----END CERTIFICATE-----\n', pem{1}), 'UTF-8'));
end

% HTTP by curl

function answer = ask_json(c, varargin)
  answer = ask(c, varargin{:});
  answer = jsondecode(native2unicode(answer.body, 'UTF-8'));
end

% Repeats what got no answer, or that the server is busy: all that is asked here may be asked twice.
function answer = ask(c, varargin)
  begun = tic();
  while true
    answer = ask_once(c, varargin{:});
    if answer.status >= 200 && answer.status < 300, return; end
    if ~any(answer.status == [0 429 503]) || toc(begun) > c.patience, refuse(c, answer); end
    pause(min(5, 0.2 + toc(begun) / 4));
  end
end

function refuse(c, answer)
  if answer.status == 0
    kind = 'nias:unreachable';
    if any(answer.curl == [51 60 77 83 90]), kind = 'nias:untrusted'; end
    error(kind, '%s does not answer, or is not trusted: %s', c.url, strtrim(answer.said));
  end
  code = 'http';
  detail = sprintf('the server answered with %d', answer.status);
  try
    problem = jsondecode(native2unicode(answer.body, 'UTF-8'));
    detail = problem.detail;
    code = problem.code;
  catch  %#ok<CTCH> an answer of a proxy, without a code
  end
  error(['nias:' code], '%s', detail);
end

function answer = ask_once(c, method, path, fields, body)
  if nargin < 4, fields = {}; end
  if nargin < 5, body = []; end
  base = fullfile(tempdir(), ['nias-' random_name()]);
  cleaner = onCleanup(@() remove_files({[base '.body'], [base '.head'], [base '.sent']})); %#ok<NASGU>
  lines = [options(c), {'silent', 'show-error', option('write-out', '%{http_code}'), option('dump-header', [base '.head']), ...
                        option('output', [base '.body']), option('url', [c.url path])}];
  if strcmp(method, 'HEAD'), lines{end + 1} = 'head'; else, lines{end + 1} = option('request', method); end
  for k = 1:numel(fields), lines{end + 1} = option('header', fields{k}); end %#ok<AGROW>
  if ~strcmp(method, 'GET') && ~strcmp(method, 'HEAD')
    if ischar(body), body = unicode2native(body, 'UTF-8'); end
    write_privately([base '.sent'], body);
    lines{end + 1} = option('data-binary', ['@' base '.sent']);
    if ~any(strncmpi(fields, 'Content-Type:', 13)), lines{end + 1} = option('header', 'Content-Type:'); end
  end
  [code, said] = run_curl(lines);
  status = regexp(said, '\d{3}$', 'match', 'once');
  answer = struct('status', 0, 'head', '', 'body', uint8([]), 'curl', code, 'said', said);
  if code ~= 0 || isempty(status), return; end
  answer.status = str2double(status);
  answer.head = char(read_bytes([base '.head']));
  answer.body = read_bytes([base '.body']);
end

% Files, each to its own path, over one connection.
function fetch(c, requests)
  lines = {};
  for k = 1:numel(requests)
    if k > 1, lines{end + 1} = 'next'; end %#ok<AGROW>
    lines = [lines, options(c), {'silent', 'show-error', 'fail', 'create-dirs', 'retry-all-errors', option('retry', '8'), ...
                                 option('output', requests{k}{2}), option('url', [c.url requests{k}{1}])}]; %#ok<AGROW>
  end
  [code, said] = run_curl(lines);
  if code ~= 0, error('nias:output', 'the outputs could not be fetched: %s', strtrim(said)); end
end

function lines = options(c)
  lines = {'globoff', option('connect-timeout', '10'), option('speed-time', '90'), option('speed-limit', '1'), ...
           option('header', ['Accept-Language: ' c.language])};
  if ~isempty(c.token), lines{end + 1} = option('header', ['Authorization: Bearer ' c.token]); end
  if ~isempty(c.ca_file), lines{end + 1} = option('cacert', c.ca_file); end
end

function line = option(name, value)
  value = strrep(strrep(strrep(strrep(char(value), '\', '\\'), '"', '\"'), sprintf('\n'), '\n'), sprintf('\r'), '\r');
  line = [name ' = "' value '"'];
end

% curl reads what it is to do from a file, so that neither a shell nor a list of programs sees a token.
function [code, said] = run_curl(lines)
  path = fullfile(tempdir(), ['nias-' random_name() '.curl']);
  cleaner = onCleanup(@() remove_files({path})); %#ok<NASGU>
  write_privately(path, unicode2native(strjoin(lines, sprintf('\n')), 'UTF-8'));
  [code, said] = system(['curl --disable --config "' path '" 2>&1']);
  if code == 127, error('nias:curl', 'the program curl was not found: install it'); end
end

function text = header(answer, name)
  text = regexp(answer.head, ['(?i)^' name ':[ \t]*(.*?)\r?$'], 'tokens', 'once', 'lineanchors', 'dotexceptnewline');
  if isempty(text), error('nias:answer', 'the server does not say its %s', name); end
  text = strtrim(text{1});
end

% Files and bytes

function write_privately(path, bytes)
  octave = exist('OCTAVE_VERSION', 'builtin') > 0;
  if octave, before = umask(77); end  % written as octal digits: the owner alone
  file = fopen(path, 'w');
  if octave, umask(before); end
  if file < 0, error('nias:file', '%s cannot be written', path); end
  if ~octave && isunix(), fileattrib(path, '-r -w', 'g o'); end
  fwrite(file, bytes, 'uint8');
  fclose(file);
end

function bytes = read_bytes(path)
  bytes = uint8([]);
  file = fopen(path, 'r');
  if file < 0, return; end
  bytes = fread(file, Inf, '*uint8')';
  fclose(file);
end

function remove_files(paths)
  for k = 1:numel(paths)
    if exist(paths{k}, 'file'), delete(paths{k}); end
  end
end

function name = random_name()
  [~, name] = fileparts(tempname());
  name = sprintf('%s-%s', regexprep(name, '\W', ''), sha256(uint8([name, sprintf('%.17g', now())])));
  name = name(1:min(end, 40));
end

function text = base64(bytes), text = char(matlab.net.base64encode(uint8(bytes))); end

function text = percent(text)
  bytes = unicode2native(text, 'UTF-8');
  text = '';
  for byte = bytes
    one = char(byte);
    if ~any(one == ['A':'Z' 'a':'z' '0':'9' '-_.~']), one = sprintf('%%%02X', byte); end
    text = [text one]; %#ok<AGROW>
  end
end

function bytes = from_hex(digits)
  bytes = uint8(hex2dec(reshape(digits, 2, [])'))';
end

function digits = sha256(bytes)
  if exist('OCTAVE_VERSION', 'builtin') > 0
    digits = hash('sha256', char(bytes(:)'));
  else
    engine = java.security.MessageDigest.getInstance('SHA-256');
    engine.update(uint8(bytes(:)));
    digits = sprintf('%02x', typecast(engine.digest(), 'uint8'));
  end
end
