"""TensorBoard's event files, written without torch: a folder for each trial, with its curves and its parameters."""

from __future__ import annotations

import shutil

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api_pb2, plugin_data_pb2
from tensorboard.plugins.hparams.metadata import SESSION_END_INFO_TAG, SESSION_START_INFO_TAG
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from sweep.study import Study
from sweep.tracking.run import Run, points

STATUS = {"COMPLETE": api_pb2.STATUS_SUCCESS, "PRUNED": api_pb2.STATUS_SUCCESS, "FAIL": api_pb2.STATUS_FAILURE}
