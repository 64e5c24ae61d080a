/* Runs a SavedModel through TensorFlow's C API, as TensorFlow Serving loads it.
 *
 *   load_saved_model SAVED_MODEL INPUT OUTPUT INDEX BATCH HEIGHT WIDTH CHANNELS
 *
 * reads that many bytes of images from stdin, feeds them to the operation INPUT
 * and prints the floats of output INDEX of the operation OUTPUT, one a line.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "tensorflow/c/c_api.h"

static void check(TF_Status* status) {
  if (TF_GetCode(status) != TF_OK) {
    fprintf(stderr, "%s\n", TF_Message(status));
    exit(1);
  }
}

static TF_Operation* operation(TF_Graph* graph, const char* name) {
  TF_Operation* found = TF_GraphOperationByName(graph, name);
  if (!found) {
    fprintf(stderr, "no operation %s\n", name);
    exit(1);
  }
  return found;
}

int main(int argc, char** argv) {
  if (argc != 9) {
    fprintf(stderr, "expected 8 arguments, found %d\n", argc - 1);
    return 2;
  }
  TF_Status* status = TF_NewStatus();
  TF_Graph* graph = TF_NewGraph();
  TF_SessionOptions* options = TF_NewSessionOptions();
  const char* tags[] = {"serve"};
  TF_Session* session = TF_LoadSessionFromSavedModel(
      options, NULL, argv[1], tags, 1, graph, NULL, status);
  check(status);

  int64_t shape[4];
  size_t size = 1;
  for (int i = 0; i < 4; ++i) {
    shape[i] = atoll(argv[5 + i]);
    size *= shape[i];
  }
  TF_Tensor* images = TF_AllocateTensor(TF_UINT8, shape, 4, size);
  if (fread(TF_TensorData(images), 1, size, stdin) != size) {
    fprintf(stderr, "expected %zu bytes\n", size);
    return 2;
  }

  TF_Output input = {operation(graph, argv[2]), 0};
  TF_Output output = {operation(graph, argv[3]), atoi(argv[4])};
  TF_Tensor* found = NULL;
  TF_SessionRun(session, NULL, &input, &images, 1, &output, &found, 1, NULL, 0,
                NULL, status);
  check(status);

  const float* values = TF_TensorData(found);
  for (size_t i = 0; i < TF_TensorByteSize(found) / sizeof(float); ++i) {
    printf("%.9g\n", values[i]);
  }
  return 0;
}
