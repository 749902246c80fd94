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
