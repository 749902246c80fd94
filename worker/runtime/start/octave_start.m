% Stand-ins for what waits for a person, and for names of files as Windows writes them. The worker writes each
% function into a file of its own, on Octave's path before Octave's own.

function varargout = pause (varargin)
  varargout = cell (1, nargout);
  if (nargin == 0 || (isnumeric (varargin{1}) && isinf (varargin{1})))
    printf ("[nias] pause: nobody presses a key in a job; the program goes on\n");
  elseif (isnumeric (varargin{1}))
    builtin ("pause", varargin{:});
  end
end

function keyboard (varargin)
  printf ("[nias] keyboard: nobody types in a job; the program goes on\n");
end

function varargout = input (varargin)
  nias_nobody_answers ("input");
end

function varargout = yes_or_no (varargin)
  nias_nobody_answers ("yes_or_no");
end

function varargout = menu (varargin)
  nias_nobody_answers ("menu");
end

function varargout = ginput (varargin)
  nias_nobody_answers ("ginput");
end

function varargout = gtext (varargin)
  nias_nobody_answers ("gtext");
end

function varargout = questdlg (varargin)
  nias_nobody_answers ("questdlg");
end

function varargout = inputdlg (varargin)
  nias_nobody_answers ("inputdlg");
end

function varargout = listdlg (varargin)
  nias_nobody_answers ("listdlg");
end

function varargout = uigetfile (varargin)
  nias_nobody_answers ("uigetfile");
end

function varargout = uiputfile (varargin)
  nias_nobody_answers ("uiputfile");
end

function varargout = uigetdir (varargin)
  nias_nobody_answers ("uigetdir");
end

function nias_nobody_answers (name)
  error ("Octave:nias-nobody", "%s waits for a person's answer, and nobody sits before a job: read it from a file or from a variable of [env] in nias.toml (getenv)", name);
end

function key = kbhit (varargin)
  key = "";
end

function key = waitforbuttonpress ()
  printf ("[nias] waitforbuttonpress: nobody clicks in a job; the program goes on\n");
  key = 1;
end

function uiwait (varargin)
  printf ("[nias] uiwait: nobody closes a window in a job; the program goes on\n");
end

function waitfor (varargin)
  printf ("[nias] waitfor: nobody closes a window in a job; the program goes on\n");
end

function varargout = msgbox (varargin)
  varargout = nias_says (nargout, varargin);
end

function varargout = errordlg (varargin)
  varargout = nias_says (nargout, varargin);
end

function varargout = warndlg (varargin)
  varargout = nias_says (nargout, varargin);
end

function varargout = helpdlg (varargin)
  varargout = nias_says (nargout, varargin);
end

function out = nias_says (count, words)
  if (! isempty (words))
    text = words{1};
    if (iscellstr (text))
      text = strjoin (text(:)', " ");
    end
    if (ischar (text))
      printf ("[nias] a window would say: %s\n", text);
    end
  end
  out = cell (1, count);
end

function name = nias_name (name)
  if (ischar (name) && any (name == '\') && isempty (builtin ("stat", name)))
    name = strrep (name, '\', '/');
  end
end

function arguments = nias_names (arguments)
  for i = 1:numel (arguments)
    arguments{i} = nias_name (arguments{i});
  end
end

% The function of Octave's own that a stand-in of this name hides. It is sought once, with this folder off the
% path; the root object keeps it, where `clear all` does not reach.
function original = nias_original (name)
  originals = getappdata (0, "nias_originals");
  if (! isfield (originals, name))
    before = builtin ("path");
    builtin ("rmpath", fileparts (mfilename ("fullpath")));
    unwind_protect
      originals.(name) = eval (["@" name]);
    unwind_protect_cleanup
      builtin ("path", before);
    end_unwind_protect
    setappdata (0, "nias_originals", originals);
  end
  original = originals.(name);
end

function varargout = fopen (varargin)
  if (nargin > 0)
    varargin{1} = nias_name (varargin{1});
  end
  [varargout{1:max(nargout, 1)}] = builtin ("fopen", varargin{:});
end

function varargout = dlmread (varargin)
  if (nargin > 0)
    varargin{1} = nias_name (varargin{1});
  end
  [varargout{1:max(nargout, 1)}] = builtin ("dlmread", varargin{:});
end

function varargout = cd (varargin)
  if (nargin > 0)
    varargin{1} = nias_name (varargin{1});
  end
  [varargout{1:nargout}] = builtin ("cd", varargin{:});
end

function varargout = chdir (varargin)
  if (nargin > 0)
    varargin{1} = nias_name (varargin{1});
  end
  [varargout{1:nargout}] = builtin ("chdir", varargin{:});
end

function varargout = rmdir (varargin)
  if (nargin > 0)
    varargin{1} = nias_name (varargin{1});
  end
  [varargout{1:nargout}] = builtin ("rmdir", varargin{:});
end

function varargout = glob (varargin)
  if (nargin > 0)
    varargin{1} = nias_name (varargin{1});
  end
  [varargout{1:max(nargout, 1)}] = builtin ("glob", varargin{:});
end

function varargout = unlink (varargin)
  if (nargin > 0)
    varargin{1} = nias_name (varargin{1});
  end
  [varargout{1:nargout}] = builtin ("unlink", varargin{:});
end

% As in MATLAB, a folder is added by its whole name, so that it is found after `cd` too.
function varargout = addpath (varargin)
  for i = 1:numel (varargin)
    if (ischar (varargin{i}))
      folders = strsplit (varargin{i}, pathsep ());
      for j = 1:numel (folders)
        name = nias_name (folders{j});
        if (isfolder (name))
          folders{j} = make_absolute_filename (name);
        end
      end
      varargin{i} = strjoin (folders, pathsep ());
    end
  end
  [varargout{1:nargout}] = builtin ("addpath", varargin{:});
end

function varargout = rename (varargin)
  varargin = nias_names (varargin);
  [varargout{1:nargout}] = builtin ("rename", varargin{:});
end

function varargout = imread (varargin)
  if (nargin > 0)
    varargin{1} = nias_name (varargin{1});
  end
  own = nias_original ("imread");
  [varargout{1:nargout}] = own (varargin{:});
end

function varargout = imfinfo (varargin)
  if (nargin > 0)
    varargin{1} = nias_name (varargin{1});
  end
  own = nias_original ("imfinfo");
  [varargout{1:nargout}] = own (varargin{:});
end

function varargout = fileread (varargin)
  if (nargin > 0)
    varargin{1} = nias_name (varargin{1});
  end
  own = nias_original ("fileread");
  [varargout{1:nargout}] = own (varargin{:});
end

function varargout = importdata (varargin)
  if (nargin > 0)
    varargin{1} = nias_name (varargin{1});
  end
  own = nias_original ("importdata");
  [varargout{1:nargout}] = own (varargin{:});
end

function varargout = textread (varargin)
  if (nargin > 0)
    varargin{1} = nias_name (varargin{1});
  end
  own = nias_original ("textread");
  [varargout{1:nargout}] = own (varargin{:});
end

function varargout = audioread (varargin)
  if (nargin > 0)
    varargin{1} = nias_name (varargin{1});
  end
  own = nias_original ("audioread");
  [varargout{1:nargout}] = own (varargin{:});
end

function varargout = audiowrite (varargin)
  if (nargin > 0)
    varargin{1} = nias_name (varargin{1});
  end
  own = nias_original ("audiowrite");
  [varargout{1:nargout}] = own (varargin{:});
end

function varargout = dir (varargin)
  if (nargin > 0)
    varargin{1} = nias_name (varargin{1});
  end
  own = nias_original ("dir");
  [varargout{1:nargout}] = own (varargin{:});
end

function varargout = isfolder (varargin)
  if (nargin > 0)
    varargin{1} = nias_name (varargin{1});
  end
  own = nias_original ("isfolder");
  [varargout{1:nargout}] = own (varargin{:});
end

function varargout = isfile (varargin)
  if (nargin > 0)
    varargin{1} = nias_name (varargin{1});
  end
  own = nias_original ("isfile");
  [varargout{1:nargout}] = own (varargin{:});
end

function varargout = print (varargin)
  varargin = nias_names (varargin);
  own = nias_original ("print");
  [varargout{1:nargout}] = own (varargin{:});
end

function varargout = imwrite (varargin)
  varargin = nias_names (varargin);
  own = nias_original ("imwrite");
  [varargout{1:nargout}] = own (varargin{:});
end

function varargout = mkdir (varargin)
  varargin = nias_names (varargin);
  own = nias_original ("mkdir");
  [varargout{1:nargout}] = own (varargin{:});
end

function varargout = copyfile (varargin)
  varargin = nias_names (varargin);
  own = nias_original ("copyfile");
  [varargout{1:nargout}] = own (varargin{:});
end

function varargout = movefile (varargin)
  varargin = nias_names (varargin);
  own = nias_original ("movefile");
  [varargout{1:nargout}] = own (varargin{:});
end

function varargout = exist (varargin)
  if (iscellstr (varargin) && any (varargin{1} == '\'))
    varargin{1} = nias_name (varargin{1});
  end
  [varargout{1:max(nargout, 1)}] = evalin ("caller", ["builtin('exist'" nias_quoted(varargin) ")"]);
end

function varargout = save (varargin)
  words = nias_quoted (varargin);
  if (nargout > 0)
    varargout{1} = evalin ("caller", ["builtin('save'" words ")"]);
  else
    evalin ("caller", ["builtin('save'" words ");"]);
  end
end

function varargout = load (varargin)
  words = nias_quoted (varargin);
  if (nargout > 0)
    varargout{1} = evalin ("caller", ["builtin('load'" words ")"]);
  else
    evalin ("caller", ["builtin('load'" words ");"]);
  end
end

function words = nias_quoted (arguments)
  words = "";
  for i = 1:numel (arguments)
    words = [words ",'" strrep(nias_name (arguments{i}), "'", "''") "'"];
  end
end
