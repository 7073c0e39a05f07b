CREATE TABLE task_late (late interval) INHERITS (task);
