"""Doubles numbers: a worker on a thread, and a submitter that gives it a group of a task a number, and one task more whose end
comes to a loop of its own.  double.py DATA_DIR NUMBER..."""
import select
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
            with lab.group([number.encode() for number in numbers], owner="double", name="numbers", runtime="double") as group:
                ends = sorted(group, key=lambda end: end.index)  # they come as they end
            for number, end in zip(numbers, ends):
                print(number, end.output.decode() if end.status == "succeeded" else end.error)
            lab.submit_async(str(len(numbers)).encode(), owner="double", name="how many", runtime="double")
            select.select([lab], [], [])  # among the other descriptors of a program
            print("twice as many:", lab.next().output.decode())
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
