# Runs the program that its argument names, as Rscript does, and tells the line of the program at which an error
# arose. R itself tells it only in a console.
local({
  program <- commandArgs(TRUE)[1]
  folder <- paste0(getwd(), "/")
  # A plot that names no file of its own goes to output/, not beside it.
  options(device = function(...) grDevices::pdf(file.path(Sys.getenv("NIAS_OUTPUT"), "Rplots.pdf"), ...),
          keep.source = TRUE, encoding = "UTF-8", menu.graphics = FALSE, warn = 1,
          mc.cores = as.integer(Sys.getenv("NIAS_CPUS", "1")))

  place_of <- function(reference) {
    file <- attr(reference, "srcfile")$filename
    if (is.null(file)) return("")
    file <- normalizePath(file, mustWork = FALSE)
    if (!startsWith(file, folder)) return("")
    sprintf("%s, line %d", substring(file, nchar(folder) + 1), as.integer(reference)[1])
  }
  at <- NULL  # the expression of the program that is executed
  place <- function() {
    for (call in rev(sys.calls())) {
      reference <- attr(call, "srcref")
      if (is.null(reference)) next
      found <- place_of(reference)
      if (nzchar(found)) return(found)
    }
    if (is.null(at)) "" else place_of(at)
  }
  tell <- function(condition) {
    found <- place()
    if (nzchar(found)) cat("[nias] error at ", found, "\n", sep = "", file = stderr())
  }
  withCallingHandlers({
    expressions <- parse(program, keep.source = TRUE, encoding = "UTF-8")
    references <- attr(expressions, "srcref")
    for (i in seq_along(expressions)) {
      at <- references[[i]]
      result <- withVisible(eval(expressions[[i]], globalenv()))
      if (result$visible) print(result$value)
    }
  }, error = tell)
})
