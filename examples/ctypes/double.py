"""Doubles numbers: a worker on a thread, and a submitter that gives it a task a number.  double.py DATA_DIR NUMBER..."""
import sys
import threading

from nias_ctypes import Problem, Submitter, Worker


def double(work):
    work.log(f"doubling {work.payload.decode()}")
    return str(2 * float(work.payload)).encode()


def main(server, *numbers):
    worker = Worker(server, name="doubler", runtime="double")
    thread = threading.Thread(target=worker.run, args=(double,))
    thread.start()
    try:
        with Submitter(server) as lab:
            tasks = [lab.submit(number.encode(), owner="double", name=f"2 x {number}", runtime="double") for number in numbers]
            for number, task in zip(numbers, tasks):
                outcome = lab.wait(task, timeout_s=60)
                print(number, outcome.output.decode() if outcome.status == "succeeded" else outcome.error)
    finally:
        worker.stop()
        thread.join()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except (Problem, TimeoutError) as problem:
        sys.exit(f"double: {problem}")
