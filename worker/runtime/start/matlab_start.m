% Stand-ins for what waits for a person. The worker writes each function into a file of its own on MATLAB's
% path. `input`, `keyboard` and dialogs fail by themselves under -batch.

function nias_start ()
  set (0, 'DefaultFigureVisible', 'off');
  cpus = str2double (getenv ('NIAS_CPUS'));
  if exist ('maxNumCompThreads') && cpus > 0
    maxNumCompThreads (cpus);
  end
end

function varargout = pause (varargin)
  varargout = cell (1, nargout);
  if nargin == 0 || (isnumeric (varargin{1}) && isinf (varargin{1}))
    fprintf ('[nias] pause: nobody presses a key in a job; the program goes on\n');
  elseif isnumeric (varargin{1})
    builtin ('pause', varargin{:});
  end
end

function varargout = ginput (varargin)
  varargout = cell (1, nargout);
  error ('NIAS:nobody', 'ginput waits for a person''s answer, and nobody sits before a job: read it from a file or from a variable of [env] in nias.toml (getenv)');
end

function key = waitforbuttonpress ()
  fprintf ('[nias] waitforbuttonpress: nobody clicks in a job; the program goes on\n');
  key = 1;
end

function uiwait (varargin)
  fprintf ('[nias] uiwait: nobody closes a window in a job; the program goes on\n');
end

function waitfor (varargin)
  fprintf ('[nias] waitfor: nobody closes a window in a job; the program goes on\n');
end
